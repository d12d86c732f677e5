variable "lambda_zips_folder" {
  description = "Where the zips of the functions are; null: build/lambda, where infrastructure/build puts them."
  type        = string
  default     = null
}

variable "lambda_architecture" {
  description = "What the functions run on; the layer must be built for it."
  type        = string
  default     = "arm64"
  nullable    = false
}

variable "lambda_runtime" {
  description = "Their Python; the layer must be built for it."
  type        = string
  default     = "python3.13"
  nullable    = false
}

variable "trust_each_function_alone" {
  description = "Whether the role of a function trusts Lambda for that function alone; false: for any function of the account. For where Lambda says that it cannot assume the role."
  type        = bool
  default     = true
  nullable    = false
}

variable "orchestrator_timeout" {
  description = "Seconds that the orchestrator may take."
  type        = number
  default     = 300
  nullable    = false
}

variable "orchestrator_memory_size" {
  description = "Its memory in MB."
  type        = number
  default     = 512
  nullable    = false
}

variable "sync_timeout" {
  description = "Seconds that a worker in Lambda may take."
  type        = number
  default     = 900
  nullable    = false
}

variable "sync_memory_size" {
  description = "Its memory in MB."
  type        = number
  default     = 3008
  nullable    = false
}

variable "orchestrator_reserved_concurrency" {
  description = "Invocations at a time that are kept free for the orchestrator, and its limit; -1: none."
  type        = number
  default     = -1
  nullable    = false
}

variable "worker_reserved_concurrency" {
  description = "The same for the worker."
  type        = number
  default     = -1
  nullable    = false
}

variable "enable_dead_letter_queues" {
  description = "Whether what was given up is kept for 14 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "container_image" {
  description = "What a task runs, REPOSITORY@sha256:DIGEST; null: what is called latest in this system's repository."
  type        = string
  default     = null
}

variable "repository_arn" {
  description = "The repository of ECR that it comes from; null: this system's own."
  type        = string
  default     = null
}

variable "container_architecture" {
  description = "What tasks run on: arm64 or x86_64; the image must be built for it."
  type        = string
  default     = "arm64"
  nullable    = false
}

variable "task_cpu" {
  description = "CPU units of a task; 1024 are one vCPU."
  type        = number
  default     = 2048
  nullable    = false
}

variable "task_memory" {
  description = "Its memory in MB."
  type        = number
  default     = 8192
  nullable    = false
}

variable "ephemeral_storage_size_gb" {
  description = "Its disk in GB; 20 cost nothing."
  type        = number
  default     = 100
  nullable    = false
}

variable "enable_efs" {
  description = "Whether partly fetched large bottles are kept on EFS, where they outlive a task."
  type        = bool
  default     = false
  nullable    = false
}

variable "use_spot" {
  description = "Whether tasks run on Fargate Spot first."
  type        = bool
  default     = true
  nullable    = false
}

variable "max_parallel_tasks" {
  description = "Tasks at a time."
  type        = number
  default     = 16
  nullable    = false
}

variable "container_insights" {
  description = "What CloudWatch measures of tasks, at a price: enabled, enhanced or disabled."
  type        = string
  default     = "enabled"
  nullable    = false
}

variable "ledger_repair_principal_arns" {
  description = "Who may put on the role that repairs the ledger; empty: nobody."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds all roles; null: none."
  type        = string
  default     = null
}

variable "registry_token_secret_arn" {
  description = "The secret with the token of a private registry; null: none."
  type        = string
  default     = null
}
