variable "project_name" {
  description = "What the name of everything that is deployed begins with."
  type        = string
  default     = "homebrew-sync"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,39}$", var.project_name))
    error_message = "project_name: up to 40 letters, digits and -, a letter first."
  }
}

variable "vpc_cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && can(regex("/(1[6-9]|2[0-8])$", var.vpc_cidr))
    error_message = "vpc_cidr: an IPv4 range of /16 to /28, as 10.0.0.0/16."
  }
}

variable "availability_zones" {
  description = "Zones that the subnets lie in, one of each kind a zone. Empty: the region's first ones, as many as there are public subnets."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.availability_zones) == length(distinct(var.availability_zones))
    error_message = "availability_zones: each zone once."
  }

  validation {
    condition     = contains([0, length(var.public_subnet_cidrs)], length(var.availability_zones))
    error_message = "availability_zones: as many as public_subnet_cidrs, or none."
  }
}

variable "public_subnet_cidrs" {
  description = "Addresses of the public subnets, one a zone."
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]
  nullable    = false

  validation {
    condition     = length(var.public_subnet_cidrs) >= 2 && alltrue([for each in var.public_subnet_cidrs : can(cidrnetmask(each))])
    error_message = "public_subnet_cidrs: two IPv4 ranges or more, one a zone."
  }
}

variable "private_subnet_cidrs" {
  description = "Addresses of the private subnets, one a zone."
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.20.0/24"]
  nullable    = false

  validation {
    condition     = length(var.private_subnet_cidrs) == length(var.public_subnet_cidrs) && alltrue([for each in var.private_subnet_cidrs : can(cidrnetmask(each))])
    error_message = "private_subnet_cidrs: as many IPv4 ranges as public_subnet_cidrs."
  }
}

variable "egress" {
  description = "How tasks reach the internet: public_ip (in public subnets, with an address of their own; $0.005 an hour and task), nat_single (in private subnets, one NAT gateway) or nat_per_az (one a zone). A NAT gateway costs $0.045 an hour and $0.045 a GB."
  type        = string
  default     = "public_ip"
  nullable    = false

  validation {
    condition     = contains(["public_ip", "nat_single", "nat_per_az"], var.egress)
    error_message = "egress: public_ip, nat_single or nat_per_az."
  }
}

variable "enable_nat_gateway" {
  description = "true: tasks in private subnets, one NAT gateway a zone. The same as egress = \"nat_per_az\"."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.enable_nat_gateway || var.egress != "nat_single"
    error_message = "enable_nat_gateway means one NAT gateway a zone, egress = \"nat_single\" one for all: leave one of them out."
  }
}

variable "lambda_in_vpc" {
  description = "Whether the functions are in the network, too. They need nothing of it."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.lambda_in_vpc || var.enable_nat_gateway || var.egress != "public_ip"
    error_message = "lambda_in_vpc: a function in a network has no public address and needs a NAT gateway; set egress to nat_single or nat_per_az."
  }
}

variable "interface_endpoints" {
  description = "AWS services that are reached inside the network, for $0.01 an hour and zone each: ecr.api, ecr.dkr, logs, secretsmanager, sns, states, lambda."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.interface_endpoints, ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sns", "states", "lambda"])) == 0
    error_message = "interface_endpoints: of ecr.api, ecr.dkr, logs, secretsmanager, sns, states, lambda; S3 has a gateway, which is always there and free."
  }
}

variable "tags" {
  description = "Tags of everything in this module, beside the provider's."
  type        = map(string)
  default     = {}
  nullable    = false
}
