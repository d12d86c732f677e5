variable "vpc_cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false
}

variable "availability_zones" {
  description = "Zones that the subnets lie in; empty: the region's first ones."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "public_subnet_cidrs" {
  description = "Addresses of the public subnets, one a zone."
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]
  nullable    = false
}

variable "private_subnet_cidrs" {
  description = "Addresses of the private subnets, one a zone."
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.20.0/24"]
  nullable    = false
}

variable "egress" {
  description = "How tasks reach the internet, and at which price: public_ip, nat_single or nat_per_az. modules/network says what each costs."
  type        = string
  default     = "public_ip"
  nullable    = false
}

variable "enable_nat_gateway" {
  description = "true: private subnets and a NAT gateway a zone, as in the original specification."
  type        = bool
  default     = false
  nullable    = false
}

variable "lambda_in_vpc" {
  description = "Whether the functions are in the network, too; it needs a NAT gateway."
  type        = bool
  default     = false
  nullable    = false
}

variable "interface_endpoints" {
  description = "AWS services that are reached inside the network, at $7.30 a month, zone and service."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "force_destroy" {
  description = "Whether `destroy` may take the bucket with everything in it, the ledger included."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_versioning" {
  description = "Must be true: the ledger is repaired from earlier versions."
  type        = bool
  default     = true
  nullable    = false
}

variable "noncurrent_version_expiration_days" {
  description = "Days in which a deletion or an overwriting can be undone."
  type        = number
  default     = 30
  nullable    = false
}

variable "storage_class_transitions" {
  description = "Cheaper storage for bottles after some days, as [{days = 30, storage_class = \"STANDARD_IA\"}]."
  type        = list(object({ days = number, storage_class = string }))
  default     = []
  nullable    = false
}

variable "s3_kms_key_arn" {
  description = "A key of your own for the bucket; null: S3's."
  type        = string
  default     = null
}

variable "object_lock" {
  description = "Keeps every version in the bucket for some days, as {mode = \"GOVERNANCE\", days = 30}; null: no lock. Only a new bucket can have it."
  type        = object({ mode = string, days = number })
  default     = null
}

variable "enable_access_logging" {
  description = "Whether S3 writes a line for each request into a second bucket."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_cloudtrail" {
  description = "Whether CloudTrail records who did what to ledger and hash file."
  type        = bool
  default     = true
  nullable    = false
}

variable "replica_bucket_arn" {
  description = "A bucket in another region that gets a copy of everything; null: none."
  type        = string
  default     = null
}

variable "replica_account_id" {
  description = "Its account, if it is another one."
  type        = string
  default     = null
}

variable "enable_transfer_acceleration" {
  description = "Whether clients far away may take the way over AWS's edge."
  type        = bool
  default     = false
  nullable    = false
}

variable "client_access" {
  description = "Who may read the views without signing: none, vpc_endpoint, cidr or cloudfront."
  type        = string
  default     = "none"
  nullable    = false
}

variable "client_vpc_endpoint_ids" {
  description = "Gateway endpoints that clients come through, with vpc_endpoint; empty: this network's own."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "client_cidrs" {
  description = "Public addresses that clients come from, with cidr."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "client_authorization_sha256" {
  description = "The SHA-256 of the Authorization that clients must send, with cloudfront; null: none."
  type        = string
  default     = null
}
