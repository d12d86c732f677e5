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

variable "execution_role_arn" {
  description = "The role by which ECS pulls the image and writes the log."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.execution_role_arn))
    error_message = "execution_role_arn must be the ARN of a role."
  }
}

variable "task_role_arn" {
  description = "The role of the worker in its task."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.task_role_arn))
    error_message = "task_role_arn must be the ARN of a role."
  }
}

variable "states_role_arn" {
  description = "The role of the state machine."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.states_role_arn))
    error_message = "states_role_arn must be the ARN of a role."
  }
}

variable "orchestrator_function_arn" {
  description = "The function through which the state machine asks the ledger, and has runs closed."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:", var.orchestrator_function_arn))
    error_message = "orchestrator_function_arn must be the ARN of a function."
  }
}

variable "orchestrator_timeout" {
  description = "Seconds that this function may take."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.orchestrator_timeout >= 1 && var.orchestrator_timeout <= 900
    error_message = "orchestrator_timeout must be 1 to 900."
  }
}

variable "container_image" {
  description = "What a task runs: REPOSITORY@sha256:DIGEST, as deploy.sh gives it. Without one, the image that is called latest in the module's own repository."
  type        = string
  default     = null

  validation {
    condition     = var.container_image == null || can(regex("^[a-z0-9][a-z0-9._:/-]*(@sha256:[0-9a-f]{64})?$", var.container_image))
    error_message = "container_image must be the name of an image, with its digest or its tag."
  }
}

variable "architecture" {
  description = "What tasks run on; the image must be built for it."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "task_cpu" {
  description = "CPU units of a task; 1024 are one vCPU."
  type        = number
  default     = 2048
  nullable    = false

  validation {
    condition     = contains([512, 1024, 2048, 4096], var.task_cpu)
    error_message = "task_cpu must be 512, 1024, 2048 or 4096."
  }
}

variable "task_memory" {
  description = "Megabytes of memory of a task: whole gigabytes that Fargate offers with task_cpu, up to 30."
  type        = number
  default     = 8192
  nullable    = false

  # docs.aws.amazon.com, ECS Developer Guide, "Task CPU and memory".
  validation {
    condition = (
      var.task_memory % 1024 == 0
      && var.task_memory >= lookup({ 512 = 1024, 1024 = 2048, 2048 = 4096, 4096 = 8192 }, var.task_cpu, 1024)
      && var.task_memory <= lookup({ 512 = 4096, 1024 = 8192, 2048 = 16384, 4096 = 30720 }, var.task_cpu, 30720)
    )
    error_message = "task_memory must be in whole gigabytes: 1024 to 4096 with task_cpu 512, 2048 to 8192 with 1024, 4096 to 16384 with 2048, 8192 to 30720 with 4096."
  }
}

variable "task_subnet_ids" {
  description = "Subnets that tasks run in."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.task_subnet_ids) >= 1 && length(var.task_subnet_ids) <= 16
    error_message = "task_subnet_ids must be 1 to 16 subnets."
  }
}

variable "task_security_group_id" {
  description = "The security group of tasks."
  type        = string
  nullable    = false
}

variable "assign_public_ip" {
  description = "ENABLED where tasks reach the internet by an address of their own, DISABLED behind NAT."
  type        = string
  default     = "ENABLED"
  nullable    = false

  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.assign_public_ip)
    error_message = "assign_public_ip must be ENABLED or DISABLED."
  }
}

variable "use_spot" {
  description = "Whether tasks run on Fargate Spot first, at some 30 to 50% of the price."
  type        = bool
  default     = true
  nullable    = false
}

variable "max_parallel_tasks" {
  description = "Tasks at a time."
  type        = number
  default     = 16
  nullable    = false

  validation {
    condition     = var.max_parallel_tasks >= 1 && var.max_parallel_tasks <= 40 && floor(var.max_parallel_tasks) == var.max_parallel_tasks
    error_message = "max_parallel_tasks must be 1 to 40: a Map of Step Functions of this kind does no more at once."
  }
}

variable "task_timeout_seconds" {
  description = "Seconds after which a task is stopped, and its shard begun again."
  type        = number
  default     = 21600
  nullable    = false

  validation {
    condition     = var.task_timeout_seconds >= 600 && var.task_timeout_seconds <= 86400 && floor(var.task_timeout_seconds) == var.task_timeout_seconds
    error_message = "task_timeout_seconds must be 600 to 86400."
  }
}

variable "run_timeout_seconds" {
  description = "Seconds that three rounds of all shards may take."
  type        = number
  default     = 259200
  nullable    = false

  validation {
    condition     = var.run_timeout_seconds >= 3600 && var.run_timeout_seconds <= 604800 && floor(var.run_timeout_seconds) == var.run_timeout_seconds
    error_message = "run_timeout_seconds must be 3600 to 604800."
  }
}

variable "environment_variables" {
  description = "The environment of the worker: BOTTLES_ and the name of a setting."
  type        = map(string)
  nullable    = false

  validation {
    condition = alltrue([
      for name in keys(var.environment_variables) : can(regex("^BOTTLES_[A-Z0-9_]+$", name))
    ])
    error_message = "environment_variables must be called BOTTLES_ and the name of a setting: others are unknown to the worker."
  }

  validation {
    condition     = lookup(var.environment_variables, "BOTTLES_S3_BUCKET_NAME", "") != ""
    error_message = "environment_variables must have BOTTLES_S3_BUCKET_NAME."
  }

  validation {
    condition     = length(setintersection(keys(var.environment_variables), ["BOTTLES_SLACK_WEBHOOK_URL", "BOTTLES_ORDER"])) == 0
    error_message = "A webhook must not be in a task definition: name its secret, BOTTLES_SLACK_WEBHOOK_SECRET_ID. BOTTLES_ORDER is the state machine's to give."
  }
}

variable "container_insights" {
  description = "What CloudWatch measures of tasks: enabled, enhanced, or disabled. Each metric is paid for."
  type        = string
  default     = "enabled"
  nullable    = false

  validation {
    condition     = contains(["enabled", "enhanced", "disabled"], var.container_insights)
    error_message = "container_insights must be enabled, enhanced or disabled."
  }
}

variable "images_kept" {
  description = "Images that the repository keeps."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.images_kept >= 1 && var.images_kept <= 1000 && floor(var.images_kept) == var.images_kept
    error_message = "images_kept must be 1 to 1000."
  }
}

variable "ecr_kms_key_arn" {
  description = "A key of one's own for images; AES-256 of ECR's own encrypts them else."
  type        = string
  default     = null
}

variable "state_machine_log_level" {
  description = "What the state machine logs: ALL, ERROR, FATAL, or OFF."
  type        = string
  default     = "ERROR"
  nullable    = false

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL", "OFF"], var.state_machine_log_level)
    error_message = "state_machine_log_level must be ALL, ERROR, FATAL or OFF."
  }
}

variable "tracing_enabled" {
  description = "Whether X-Ray traces executions of the state machine."
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
