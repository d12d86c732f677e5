# To try things out: runs start by hand, nothing is kept for long, and it may all be removed.
environment                 = "dev"
project_name                = "homebrew-sync-dev"
rule_state                  = "DISABLED"
log_level                   = "DEBUG"
log_retention_days          = 3
retention_days              = 1
force_destroy               = true
secret_recovery_window_days = 0
enable_cloudtrail           = false
enable_cloudwatch_alarms    = false
monthly_budget_usd          = 10
container_insights          = "disabled"
ephemeral_storage_size_gb   = 20
max_parallel_tasks          = 2
mirror_settings = {
  formulae  = "curl,git,jq"
  with_deps = "true"
  gc_auto   = "true"
}
