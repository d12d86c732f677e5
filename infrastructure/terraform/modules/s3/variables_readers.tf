variable "client_access" {
  description = "Who may read the views without signing: none, vpc_endpoint (through the named endpoints), cidr (from the named public addresses) or cloudfront (whoever knows the distribution, or has the right Authorization)."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "vpc_endpoint", "cidr", "cloudfront"], var.client_access)
    error_message = "client_access: none, vpc_endpoint, cidr or cloudfront."
  }
}

variable "client_vpc_endpoint_ids" {
  description = "Gateway endpoints of S3 that clients come through, with client_access = \"vpc_endpoint\"."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.client_access != "vpc_endpoint" || length(var.client_vpc_endpoint_ids) > 0
    error_message = "client_vpc_endpoint_ids: name one or more with client_access = \"vpc_endpoint\"."
  }

}

variable "client_cidrs" {
  description = "Public addresses that clients come from, with client_access = \"cidr\"."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.client_access != "cidr" || length(var.client_cidrs) > 0
    error_message = "client_cidrs: name one or more with client_access = \"cidr\"."
  }

  validation {
    condition     = alltrue([for each in var.client_cidrs : can(cidrhost(each, 0)) && try(tonumber(split("/", each)[1]), 0) >= (strcontains(each, ":") ? 32 : 8)])
    error_message = "client_cidrs: ranges as 198.51.100.0/24, none wider than /8 (IPv6 /32): S3 takes a wider one for the whole world, and blocks it."
  }
}

variable "client_authorization_sha256" {
  description = "With client_access = \"cloudfront\": the SHA-256, in hex, of the Authorization that clients must send, as \"Basic …\". null: whatever they send is dropped."
  type        = string
  default     = null

  validation {
    condition     = var.client_authorization_sha256 == null || can(regex("^[0-9a-f]{64}$", var.client_authorization_sha256))
    error_message = "client_authorization_sha256: 64 digits of hex, small letters."
  }

  validation {
    condition     = var.client_authorization_sha256 == null || var.client_access == "cloudfront"
    error_message = "client_authorization_sha256: nothing but CloudFront checks it; set client_access to cloudfront."
  }
}
