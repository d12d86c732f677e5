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

variable "code_zip_path" {
  description = "The zip with the programs, as infrastructure/build makes it."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.code_zip_path, ".zip")
    error_message = "code_zip_path must name a .zip file: make lambda builds it."
  }
}

variable "layer_zip_path" {
  description = "The zip with what the programs import, built for lambda_architecture and lambda_runtime."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.layer_zip_path, ".zip")
    error_message = "layer_zip_path must name a .zip file: make lambda builds it."
  }
}

variable "lambda_architecture" {
  description = "What the functions run on; the layer must be built for it."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.lambda_architecture)
    error_message = "lambda_architecture must be arm64 or x86_64."
  }
}

variable "lambda_runtime" {
  description = "The runtime of the functions; the layer must be built for it."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = contains(["python3.11", "python3.12", "python3.13"], var.lambda_runtime)
    error_message = "lambda_runtime must be python3.11, python3.12 or python3.13: no later one is known to this provider."
  }
}

variable "orchestrator_role_arn" {
  description = "The role of the orchestrator."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.orchestrator_role_arn))
    error_message = "orchestrator_role_arn must be the ARN of a role."
  }
}

variable "worker_role_arn" {
  description = "The role of the worker."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.worker_role_arn))
    error_message = "worker_role_arn must be the ARN of a role."
  }
}

variable "alarm_role_arn" {
  description = "The role of the alarm function; needed where there is one."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_role_arn == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.alarm_role_arn))
    error_message = "alarm_role_arn must be the ARN of a role."
  }
}

variable "enable_alarm_function" {
  description = "Whether a function passes on to Slack what the topic is told."
  type        = bool
  default     = true
  nullable    = false
}

variable "topic_arn" {
  description = "The topic that the alarm function listens to; needed where there is one."
  type        = string
  default     = null

  validation {
    condition     = var.topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:", var.topic_arn))
    error_message = "topic_arn must be the ARN of an SNS topic."
  }
}

variable "environment_variables" {
  description = "The environment of orchestrator and worker: BOTTLES_ and the name of a setting."
  type        = map(string)
  nullable    = false

  validation {
    condition = alltrue([
      for name in keys(var.environment_variables) : can(regex("^BOTTLES_[A-Z0-9_]+$", name))
    ])
    error_message = "environment_variables must be called BOTTLES_ and the name of a setting: others are unknown to the programs."
  }

  validation {
    condition = alltrue([
      for name in ["BOTTLES_S3_BUCKET_NAME", "BOTTLES_STATE_MACHINE_ARN"] : lookup(var.environment_variables, name, "") != ""
    ])
    error_message = "environment_variables must have BOTTLES_S3_BUCKET_NAME and BOTTLES_STATE_MACHINE_ARN."
  }

  validation {
    condition     = !contains(keys(var.environment_variables), "BOTTLES_SLACK_WEBHOOK_URL")
    error_message = "A webhook must not be in the environment of a function: name its secret, BOTTLES_SLACK_WEBHOOK_SECRET_ID."
  }
}

variable "alarm_environment_variables" {
  description = "The environment of the alarm function: the secret of the webhook, and which mirror this is."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = !contains(keys(var.alarm_environment_variables), "BOTTLES_SLACK_WEBHOOK_URL")
    error_message = "A webhook must not be in the environment of a function: name its secret, BOTTLES_SLACK_WEBHOOK_SECRET_ID."
  }
}

variable "orchestrator_timeout" {
  description = "Seconds that the orchestrator may take."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.orchestrator_timeout >= 240 && var.orchestrator_timeout <= 900
    error_message = "orchestrator_timeout must be 240 to 900 seconds: it may ask for sizes for 150 of them."
  }
}

variable "orchestrator_memory_size" {
  description = "Megabytes of memory of the orchestrator."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.orchestrator_memory_size >= 512 && var.orchestrator_memory_size <= 10240
    error_message = "orchestrator_memory_size must be 512 to 10240 MB."
  }
}

variable "sync_timeout" {
  description = "Seconds that the worker may take."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.sync_timeout >= 120 && var.sync_timeout <= 900
    error_message = "sync_timeout must be 120 to 900 seconds."
  }
}

variable "sync_memory_size" {
  description = "Megabytes of memory of the worker; its share of the network grows with it."
  type        = number
  default     = 3008
  nullable    = false

  validation {
    condition     = var.sync_memory_size >= 512 && var.sync_memory_size <= 10240
    error_message = "sync_memory_size must be 512 to 10240 MB."
  }
}

variable "orchestrator_reserved_concurrency" {
  description = "Invocations of the orchestrator at a time that are kept free for it, and its limit; -1 keeps none."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.orchestrator_reserved_concurrency == -1 || var.orchestrator_reserved_concurrency >= 1
    error_message = "orchestrator_reserved_concurrency must be -1, or 1 and more: with 0 nothing would ever run."
  }
}

variable "worker_reserved_concurrency" {
  description = "Invocations of the worker at a time that are kept free for it, and its limit; -1 keeps none."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.worker_reserved_concurrency == -1 || var.worker_reserved_concurrency >= 1
    error_message = "worker_reserved_concurrency must be -1, or 1 and more: with 0 nothing would ever run."
  }
}

variable "lambda_subnet_ids" {
  description = "Subnets that orchestrator and worker run in; none keeps them outside the VPC."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "lambda_security_group_id" {
  description = "The security group of functions in the VPC."
  type        = string
  default     = null

  validation {
    condition     = length(var.lambda_subnet_ids) == 0 || var.lambda_security_group_id != null
    error_message = "lambda_security_group_id is needed with lambda_subnet_ids."
  }
}

variable "tracing_mode" {
  description = "Active has X-Ray trace each sampled invocation; PassThrough leaves that to the caller."
  type        = string
  default     = "Active"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing_mode)
    error_message = "tracing_mode must be Active or PassThrough."
  }
}

variable "enable_dead_letter_queues" {
  description = "Whether what Lambda gives up is kept for 14 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "deny_insecure_transport" {
  description = "Whether the queues refuse who comes without TLS; off only for emulators."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that lines of the log are kept."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, ..., 3653."
  }
}

variable "log_kms_key_arn" {
  description = "A key of one's own for the log; CloudWatch's own encrypts it else."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
