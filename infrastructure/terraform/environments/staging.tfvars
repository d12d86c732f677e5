# As prod, for one system only, and a day before it: what fails, fails here.
environment         = "staging"
project_name        = "homebrew-sync-staging"
schedule_expression = "cron(0 3 ? * SAT *)"
retention_days      = 7
monthly_budget_usd  = 30
mirror_settings = {
  target_tags = "latest:1"
  gc_auto     = "true"
}
