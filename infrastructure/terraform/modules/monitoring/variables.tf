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

variable "environment" {
  description = "Which of several mirrors this is: the dimension of its metrics."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", var.environment))
    error_message = "environment must be up to 64 letters, digits and ._-."
  }
}

variable "topic_arn" {
  description = "The topic that alarms are told to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:", var.topic_arn))
    error_message = "topic_arn must be the ARN of an SNS topic."
  }
}

variable "enable_cloudwatch_alarms" {
  description = "Whether there are alarms; the dashboard is there in any case."
  type        = bool
  default     = true
  nullable    = false
}

variable "alert_email" {
  description = "An address that alarms are mailed to. It has to follow the link in the first letter."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null || can(regex("^[^@\\s]+@[^@\\s]+$", var.alert_email))
    error_message = "alert_email must be an address of mail."
  }
}

variable "functions" {
  description = "The functions by what they are: their names, their timeouts in seconds, and at which part of it an alarm fires. A worker uses its time by design."
  type = map(object({
    name                   = string
    timeout                = number
    duration_alarm_percent = optional(number, 90)
  }))
  nullable = false

  validation {
    condition     = alltrue([for each in var.functions : each.timeout > 0 && each.timeout <= 900 && each.duration_alarm_percent > 0 && each.duration_alarm_percent <= 100])
    error_message = "functions must have timeouts of 1 to 900 seconds, and duration_alarm_percent of 1 to 100."
  }
}

variable "function_log_group_names" {
  description = "The log groups of the functions, by what they are."
  type        = map(string)
  nullable    = false
}

variable "task_log_group_name" {
  description = "The log group of tasks."
  type        = string
  nullable    = false
}

variable "cluster_name" {
  description = "The cluster of tasks."
  type        = string
  nullable    = false
}

variable "task_definition_family" {
  description = "The family of tasks."
  type        = string
  nullable    = false
}

variable "container_insights_enabled" {
  description = "Whether the cluster measures what tasks use: alarms on CPU and memory need it."
  type        = bool
  default     = true
  nullable    = false
}

variable "state_machine_arn" {
  description = "The state machine that runs tasks."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:", var.state_machine_arn))
    error_message = "state_machine_arn must be the ARN of a state machine."
  }
}

variable "dead_letter_queue_names" {
  description = "The queues of what was given up, by whose they are."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "age_alarm_seconds" {
  description = "How old the last complete sync may be, in seconds."
  type        = number
  default     = 691200
  nullable    = false

  validation {
    condition     = var.age_alarm_seconds >= 86400
    error_message = "age_alarm_seconds must be a day or more: its age is told once a day."
  }
}

variable "sync_duration_alarm_seconds" {
  description = "How long a run may take, in seconds: twice what is usual."
  type        = number
  default     = 21600
  nullable    = false

  validation {
    condition     = var.sync_duration_alarm_seconds > 0
    error_message = "sync_duration_alarm_seconds must be more than 0."
  }
}

variable "run_cost_alarm_usd" {
  description = "What a run may cost, in US dollars, as it reckons itself."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.run_cost_alarm_usd > 0
    error_message = "run_cost_alarm_usd must be more than 0."
  }
}

variable "task_load_alarm_percent" {
  description = "How much of its CPU or memory a task may use for a quarter of an hour."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.task_load_alarm_percent > 0 && var.task_load_alarm_percent < 100
    error_message = "task_load_alarm_percent must be 1 to 99."
  }
}

variable "monthly_budget_usd" {
  description = "US dollars a month; people are told at 80% and 100% of it, and when 100% are foreseen. null sets no budget."
  type        = number
  default     = 50

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd > 0, false)
    error_message = "monthly_budget_usd must be more than 0."
  }
}

variable "cost_allocation_tag" {
  description = "The tag whose costs the budget counts, once it is activated for billing; null counts the whole account."
  type = object({
    key   = string
    value = string
  })
  default = null
}

variable "enable_cost_anomaly_detection" {
  description = "Whether AWS tells of unusual costs. An account has one monitor of services: off where it has one already."
  type        = bool
  default     = false
  nullable    = false
}

variable "cost_anomaly_usd" {
  description = "From how many US dollars on it does so."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.cost_anomaly_usd > 0
    error_message = "cost_anomaly_usd must be more than 0."
  }
}

variable "enable_log_insights_queries" {
  description = "Whether questions for Logs Insights are kept ready."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_xray_group" {
  description = "Whether X-Ray keeps a group of this mirror's traces."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
