variable "aws_region" {
  description = "Where everything is."
  type        = string
  default     = "us-west-2"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z0-9]+)+$", var.aws_region))
    error_message = "aws_region: the name of a region, as us-west-2."
  }
}

variable "environment" {
  description = "Which of several mirrors this is, in messages, metrics and tags: dev, staging, prod."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", var.environment))
    error_message = "environment: up to 64 letters, digits and ._-, as prod."
  }
}

variable "s3_bucket_name" {
  description = "The bucket of the mirror, which is made. Names of buckets are unique in the whole world."
  type        = string
  nullable    = false
}

variable "slack_webhook_url" {
  description = "Slack's incoming webhook. It goes to Secrets Manager, and is in no plan and no state. Given as TF_VAR_slack_webhook_url it is in no file either."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "size_threshold_gb" {
  description = "From so many GB on a run goes to ECS, below to Lambda. 1 GB is 10^9 bytes."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.size_threshold_gb >= 0 && floor(var.size_threshold_gb) == var.size_threshold_gb
    error_message = "size_threshold_gb: a whole number."
  }
}

variable "enable_notifications" {
  description = "Whether people are told of runs."
  type        = bool
  default     = true
  nullable    = false
}

variable "schedule_expression" {
  description = "When runs start, in UTC."
  type        = string
  default     = "cron(0 3 ? * SUN *)"
  nullable    = false
}

variable "external_hash_file_s3_key" {
  description = "The object that is another mirror's hash file: what it lists is not fetched. One source at a time."
  type        = string
  default     = null

  validation {
    condition     = length([for each in [var.external_hash_file_s3_key, var.external_hash_file_url, var.external_hash_file_path] : each if each != null]) <= 1
    error_message = "external_hash_file_s3_key, _url and _path: one source at a time."
  }
}

variable "external_hash_file_s3_bucket" {
  description = "The bucket that it lies in; null: the mirror's own."
  type        = string
  default     = null

  validation {
    condition     = var.external_hash_file_s3_bucket == null || var.external_hash_file_s3_key != null
    error_message = "external_hash_file_s3_bucket: of which object? Set external_hash_file_s3_key, too."
  }
}

variable "external_hash_file_url" {
  description = "The same at an HTTPS URL."
  type        = string
  default     = null

  validation {
    condition     = var.external_hash_file_url == null || can(regex("^https://", var.external_hash_file_url))
    error_message = "external_hash_file_url: https:// only."
  }
}

variable "external_hash_file_path" {
  description = "The same as a file of this machine, which is put into the bucket."
  type        = string
  default     = null
}

variable "external_hash_file_required" {
  description = "Whether a run fails when that file cannot be read; else it is told, and goes on."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.external_hash_file_required || length([for each in [var.external_hash_file_s3_key, var.external_hash_file_url, var.external_hash_file_path] : each if each != null]) > 0
    error_message = "external_hash_file_required: there is no source of one."
  }
}

variable "project_name" {
  description = "What the name of everything that is deployed begins with. Another one in the same account and region is another system."
  type        = string
  default     = "homebrew-sync"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,39}$", var.project_name))
    error_message = "project_name: up to 40 letters, digits and -, a letter first."
  }
}

variable "tags" {
  description = "Tags of everything, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "log_level" {
  description = "What the programs log."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "log_level: DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

variable "log_retention_days" {
  description = "Days that lines of the log are kept."
  type        = number
  default     = 14
  nullable    = false
}

variable "retention_days" {
  description = "Days that a superseded bottle is kept for, 0 for ever. `bottles gc` evicts by it; nothing in AWS removes a bottle for its age."
  type        = number
  default     = 30
  nullable    = false
}

variable "mirror_settings" {
  description = "Other settings of the mirror, by their names in bottles.toml: target_tags = \"latest:3\", formulae = \"curl,git\", with_deps = \"true\", and so on."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.mirror_settings), ["api_domain", "api_public_key", "catalog", "exclude", "formulae", "gc_auto", "jobs", "keep_generations", "lambda_shard_gb", "max_bytes", "max_evict", "publish", "registry", "retry_attempts", "shard_gb", "target_tags", "views", "with_deps"])) == 0
    error_message = "mirror_settings: of api_domain, api_public_key, catalog, exclude, formulae, gc_auto, jobs, keep_generations, lambda_shard_gb, max_bytes, max_evict, publish, registry, retry_attempts, shard_gb, target_tags, views, with_deps; others have variables of their own."
  }

  validation {
    condition     = length(join("", flatten([for name, value in var.mirror_settings : [name, value]]))) <= 3000
    error_message = "mirror_settings: a function of Lambda takes 4 KB of settings in all, and 3,000 characters of these. Of many formulae name families (python@*), or mirror everything but what exclude names."
  }
}

variable "aws_account_id" {
  description = "The account that this is for: nothing is done in another. null: whichever one is signed in to."
  type        = string
  default     = null

  validation {
    condition     = var.aws_account_id == null || can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "aws_account_id: twelve digits."
  }
}

variable "aws_endpoint_url" {
  description = "Where an emulator of AWS answers; null: AWS itself."
  type        = string
  default     = null

  validation {
    condition     = var.aws_endpoint_url == null || can(regex("^https?://(127[.]0[.]0[.]1|localhost)(:[0-9]+)?$", var.aws_endpoint_url))
    error_message = "aws_endpoint_url: an address of this machine, as http://127.0.0.1:4566."
  }
}

variable "deny_insecure_transport" {
  description = "Whether bucket, queues and topic refuse who comes without TLS. false is for an emulator without TLS."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.deny_insecure_transport || var.aws_endpoint_url != null
    error_message = "deny_insecure_transport: AWS has TLS everywhere; false needs aws_endpoint_url."
  }
}

variable "deny_unconditional_commits" {
  description = "Whether a commit of the ledger can be created only, and never replaced. false is for an emulator that does not know the condition s3:if-none-match."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.deny_unconditional_commits || var.aws_endpoint_url != null
    error_message = "deny_unconditional_commits: it keeps the ledger from being overwritten; false needs aws_endpoint_url."
  }
}
