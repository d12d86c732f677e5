variable "project_name" {
  description = "What the name of everything that is deployed begins with."
  type        = string
  default     = "homebrew-sync"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,39}$", var.project_name))
    error_message = "project_name must be up to 40 letters, digits and -, a letter first."
  }
}

variable "slack_webhook_url" {
  description = "Slack's incoming webhook. It is in no plan and no state. Without one its secret is made with nothing in it, to be filled by hand."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.slack_webhook_url == null || can(regex("^https://[^/\\s]+/\\S+$", var.slack_webhook_url))
    error_message = "slack_webhook_url must be https://host/path. What is given is not shown."
  }
}

variable "slack_webhook_version" {
  description = "Counted up, it has slack_webhook_url written again; else a value that was changed by hand stays."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.slack_webhook_version >= 1 && floor(var.slack_webhook_version) == var.slack_webhook_version
    error_message = "slack_webhook_version must be 1 or more."
  }
}

variable "secret_recovery_window_days" {
  description = "Days for which a deleted secret can be had back, 7 to 30; 0 deletes at once, so that its name is free again."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.secret_recovery_window_days == 0 || (var.secret_recovery_window_days >= 7 && var.secret_recovery_window_days <= 30)
    error_message = "secret_recovery_window_days must be 0, or 7 to 30."
  }
}

variable "secret_replica_regions" {
  description = "Regions that hold a copy of the secret."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for region in var.secret_replica_regions : can(regex("^[a-z]{2,}(-[a-z0-9]+)+$", region))])
    error_message = "secret_replica_regions must be names of regions, as eu-west-1."
  }
}

variable "create_kms_key" {
  description = "Whether secret and topic have a key of their own, at a dollar a month; else AWS's own encrypts the secret."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "A key that exists already, in place of one made here. Its policy must let cloudwatch, budgets and costalerts use it."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || (!var.create_kms_key && can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn)))
    error_message = "kms_key_arn must be the ARN of a key, and stands in place of create_kms_key."
  }
}

variable "enable_sns_notifications" {
  description = "Whether people and endpoints are subscribed to the topic."
  type        = bool
  default     = true
  nullable    = false
}

variable "notification_email_addresses" {
  description = "Addresses that are told by mail. Each has to follow the link in the first letter."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.notification_email_addresses : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "notification_email_addresses must be addresses of mail."
  }
}

variable "notification_endpoints" {
  description = "What else is told: telephones (sms), pages (https), queues (sqs), functions (lambda). Queues and functions must allow the topic themselves."
  type = list(object({
    protocol = string
    endpoint = string
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for each in var.notification_endpoints : contains(["sms", "https", "sqs", "lambda"], each.protocol)])
    error_message = "notification_endpoints must have the protocol sms, https, sqs or lambda; addresses of mail have a variable of their own."
  }
}

variable "rotation" {
  description = "The function that tries a webhook which lies ready, and puts it in place; null makes none. Its zip and layer are those of the module lambda."
  type = object({
    code_zip_path            = string
    layer_arn                = string
    architecture             = optional(string, "arm64")
    runtime                  = optional(string, "python3.13")
    days                     = optional(number, 30)
    environment              = optional(string, "prod")
    log_retention_days       = optional(number, 14)
    log_kms_key_arn          = optional(string)
    tracing_enabled          = optional(bool, true)
    trusted_alone            = optional(bool, true)
    permissions_boundary_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.rotation == null ? true : endswith(var.rotation.code_zip_path, ".zip")
    error_message = "rotation.code_zip_path must name a .zip file: make lambda builds it."
  }

  validation {
    condition     = var.rotation == null ? true : var.rotation.days >= 1 && var.rotation.days <= 1000
    error_message = "rotation.days must be 1 to 1000."
  }
}

variable "deny_insecure_transport" {
  description = "Whether the topic refuses who publishes without TLS; off only for emulators."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
