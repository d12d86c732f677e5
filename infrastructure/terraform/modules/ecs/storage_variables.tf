variable "ephemeral_storage_size_gb" {
  description = "Gigabytes of disk of a task. 20 cost nothing; what is above is paid for while a task runs."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.ephemeral_storage_size_gb >= 20 && var.ephemeral_storage_size_gb <= 200 && floor(var.ephemeral_storage_size_gb) == var.ephemeral_storage_size_gb
    error_message = "ephemeral_storage_size_gb must be 20 to 200."
  }
}

variable "enable_efs" {
  description = "Whether the spool lies on EFS, where it outlives a task; else on the task's own disk."
  type        = bool
  default     = false
  nullable    = false
}

variable "efs_subnet_ids" {
  description = "A subnet in each zone of the tasks, for mount targets; needed with enable_efs."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = !var.enable_efs || length(var.efs_subnet_ids) > 0
    error_message = "efs_subnet_ids is needed with enable_efs."
  }
}

variable "efs_security_group_id" {
  description = "The security group of the mount targets; needed with enable_efs."
  type        = string
  default     = null

  validation {
    condition     = !var.enable_efs || var.efs_security_group_id != null
    error_message = "efs_security_group_id is needed with enable_efs."
  }
}

variable "efs_kms_key_arn" {
  description = "A key of one's own for EFS; AWS's own encrypts it else."
  type        = string
  default     = null
}
