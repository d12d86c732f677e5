mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  execution_role_arn        = "arn:aws:iam::123456789012:role/homebrew-sync-ecs-execution-role"
  task_role_arn             = "arn:aws:iam::123456789012:role/homebrew-sync-ecs-task-role"
  states_role_arn           = "arn:aws:iam::123456789012:role/homebrew-sync-states-role"
  orchestrator_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:homebrew-sync-orchestrator"
  task_subnet_ids           = ["subnet-1", "subnet-2"]
  task_security_group_id    = "sg-tasks"
  environment_variables     = { BOTTLES_S3_BUCKET_NAME = "bottles" }
}

run "a_task_as_the_contract_has_it" {
  command = apply

  assert {
    condition     = aws_ecs_cluster.this.name == "homebrew-sync" && aws_ecs_task_definition.this.family == "homebrew-sync"
    error_message = "Cluster and family must have the names that the command line looks for."
  }

  assert {
    condition     = aws_ecs_task_definition.this.cpu == "2048" && aws_ecs_task_definition.this.memory == "8192"
    error_message = "A task must have 2 vCPU and 8 GB."
  }

  assert {
    condition     = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "A task must run on ARM unless told otherwise."
  }

  assert {
    condition     = aws_ecs_task_definition.this.ephemeral_storage[0].size_in_gib == 100
    error_message = "A task must have 100 GB of disk."
  }
}

run "a_task_is_the_worker" {
  command = apply

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].command == ["python", "-m", "entrypoints.ecs_worker"]
    error_message = "The image runs the command line unless it is told to be the worker."
  }
}

run "the_container_cannot_do_more_than_it_must" {
  command = apply

  assert {
    condition = (
      jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem
      && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].user == "1000:1000"
      && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].linuxParameters.capabilities.drop == ["ALL"]
    )
    error_message = "The root must be read-only, and nobody root."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].stopTimeout == 120
    error_message = "A task that is taken away must have the two minutes that Spot gives."
  }

  assert {
    condition = { for each in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : each.name => each.value } == {
      BOTTLES_S3_BUCKET_NAME = "bottles"
      BOTTLES_SPOOL          = "/spool"
    }
    error_message = "The worker must be given what it knows, and nothing else."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].logConfiguration.options.awslogs-group == "/aws/ecs/homebrew-sync"
    error_message = "Lines must go where the command line reads them."
  }
}

run "the_state_machine_starts_tasks_on_spot" {
  command = apply

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States["Work on the shards"].MaxConcurrency == 16
    error_message = "16 tasks may run at once."
  }

  assert {
    condition = jsondecode(aws_sfn_state_machine.this.definition).States["Work on the shards"].ItemProcessor.States["Run on Spot"].Parameters.CapacityProviderStrategy == [
      { CapacityProvider = "FARGATE_SPOT", Weight = 1 },
    ]
    error_message = "Tasks must be asked for on Spot."
  }

  assert {
    condition = jsondecode(aws_sfn_state_machine.this.definition).States["Work on the shards"].ItemProcessor.States["Run on demand"].Parameters.NetworkConfiguration.AwsvpcConfiguration == {
      AssignPublicIp = "ENABLED"
      SecurityGroups = ["sg-tasks"]
      Subnets        = ["subnet-1", "subnet-2"]
    }
    error_message = "Tasks must run in the network that was given."
  }

  assert {
    condition     = length(regexall("[$][{]", aws_sfn_state_machine.this.definition)) == 0
    error_message = "No placeholder may be left."
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].log_destination == "${aws_cloudwatch_log_group.state_machine.arn}:*"
    error_message = "What the machine logs must go to its group."
  }
}

run "images_are_what_they_were_called" {
  command = apply

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "Tags must be given once, and images looked through."
  }

  assert {
    condition     = output.container_image == "123456789012.dkr.ecr.eu-central-1.amazonaws.com/homebrew-sync:latest"
    error_message = "Without an image it is that of our own repository."
  }
}

run "another_image_can_be_run" {
  command = apply

  variables {
    container_image = "registry.example/mirror@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == var.container_image
    error_message = "The image that is given must be run."
  }
}

run "there_is_no_file_system_unless_it_is_asked_for" {
  command = apply

  assert {
    condition     = length(aws_efs_file_system.this) == 0 && output.efs_file_system_id == null
    error_message = "EFS was not asked for."
  }
}

run "the_spool_can_lie_on_efs" {
  command = apply

  variables {
    enable_efs            = true
    efs_subnet_ids        = ["subnet-1", "subnet-2"]
    efs_security_group_id = "sg-efs"
  }

  assert {
    condition = (
      aws_efs_file_system.this[0].encrypted
      && aws_efs_file_system.this[0].performance_mode == "generalPurpose"
      && aws_efs_file_system.this[0].throughput_mode == "bursting"
      && aws_efs_file_system.this[0].lifecycle_policy[0].transition_to_ia == "AFTER_30_DAYS"
    )
    error_message = "The file system must be encrypted, General Purpose, bursting, and move what is old."
  }

  assert {
    condition = (
      aws_efs_access_point.this[0].posix_user[0].uid == 1000
      && aws_efs_access_point.this[0].posix_user[0].gid == 1000
      && aws_efs_access_point.this[0].root_directory[0].path == "/homebrew-sync"
      && aws_efs_access_point.this[0].root_directory[0].creation_info[0].permissions == "755"
    )
    error_message = "The access point must be 1000:1000 at /homebrew-sync with 755."
  }

  assert {
    condition     = length(aws_efs_mount_target.this) == 2
    error_message = "Each zone must have a mount target."
  }

  assert {
    condition = alltrue([
      for volume in aws_ecs_task_definition.this.volume :
      volume.efs_volume_configuration[0].transit_encryption == "ENABLED" if volume.name == "spool"
    ])
    error_message = "What goes to EFS must be encrypted on its way."
  }
}

run "the_20_gb_that_cost_nothing_are_not_asked_for" {
  command = apply

  variables {
    ephemeral_storage_size_gb = 20
  }

  assert {
    condition     = length(aws_ecs_task_definition.this.ephemeral_storage) == 0
    error_message = "Fargate refuses to be asked for 20 GB."
  }
}
