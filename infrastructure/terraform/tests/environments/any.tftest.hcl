# Run with -var-file: that what an environment says can be planned.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  s3_bucket_name     = "mirror"
  lambda_zips_folder = "tests/zips"
}

run "can_be_planned" {
  command = plan

  assert {
    condition     = startswith(var.project_name, "homebrew-sync")
    error_message = "The command line would not find it."
  }
}
