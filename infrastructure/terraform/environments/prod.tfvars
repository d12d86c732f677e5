# The defaults, and what is dear only when it is missing.
environment           = "prod"
project_name          = "homebrew-sync"
log_retention_days    = 90
enable_access_logging = true
