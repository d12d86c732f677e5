locals {
  # The group is Terraform's: no program may make one, which would keep lines for ever.
  logs = { for name, group in {
    orchestrator  = "/aws/lambda/${var.project_name}-orchestrator"
    worker        = "/aws/lambda/${var.project_name}-worker"
    alarm         = "/aws/lambda/${var.project_name}-alarm"
    ecs-execution = "/aws/ecs/${var.project_name}"
    } : name => {
    when = true
    statement = {
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${local.log_groups}:${group}:log-stream:*"
    }
  } }

  # These actions know no resource.
  traces = {
    when      = var.enable_xray_tracing
    statement = { Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource = "*" }
  }

  interface_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]
  # Lambda makes interfaces by the role, and the function itself must not.
  interfaces = {
    when      = var.lambda_in_vpc
    statement = { Action = local.interface_actions, Resource = "*" }
  }
  not_by_itself = { for name, arn in local.functions : name => {
    when = var.lambda_in_vpc
    statement = {
      Effect    = "Deny"
      Action    = local.interface_actions
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = arn } }
    }
  } }

  dead_letters = { for name, arn in local.queues : name => {
    when      = var.enable_dead_letter_queues
    statement = { Action = "sqs:SendMessage", Resource = arn }
  } }

  webhook = {
    when      = var.enable_notifications && var.slack_webhook_secret_arn != null
    statement = { Action = "secretsmanager:GetSecretValue", Resource = var.slack_webhook_secret_arn }
  }
  # Alarms come to Slack whether runs are told of or not.
  webhook_of_alarms = merge(local.webhook, { when = var.slack_webhook_secret_arn != null })
  registry_token = {
    when      = var.registry_token_secret_arn != null
    statement = { Action = "secretsmanager:GetSecretValue", Resource = var.registry_token_secret_arn }
  }
  secret_key = {
    when = var.secret_kms_key_arn != null
    statement = {
      Action    = "kms:Decrypt"
      Resource  = var.secret_kms_key_arn
      Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.${data.aws_partition.current.dns_suffix}" } }
    }
  }
  tell = {
    when      = var.enable_notifications && var.enable_sns_notifications
    statement = { Action = "sns:Publish", Resource = local.topic }
  }
  topic_key = {
    when = var.enable_notifications && var.enable_sns_notifications && var.topic_kms_key_arn != null
    statement = {
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = var.topic_kms_key_arn
      Condition = { StringEquals = { "kms:ViaService" = "sns.${local.region}.${data.aws_partition.current.dns_suffix}" } }
    }
  }
  execute = { when = true, statement = { Action = "states:StartExecution", Resource = local.state_machine } }

  calls = {
    orchestrator = {
      Logs          = local.logs["orchestrator"]
      Traces        = local.traces
      Order         = { when = true, statement = { Action = "lambda:InvokeFunction", Resource = local.functions["worker"] } }
      Execute       = local.execute
      DeadLetters   = local.dead_letters["orchestrator"]
      Webhook       = local.webhook
      RegistryToken = local.registry_token
      SecretKey     = local.secret_key
      Tell          = local.tell
      TopicKey      = local.topic_key
      Interfaces    = local.interfaces
      NotByItself   = local.not_by_itself["orchestrator"]
    }

    # It hands on to itself, then to ECS; it asks for the end, and its failures go there.
    worker = {
      Logs          = local.logs["worker"]
      Traces        = local.traces
      HandOn        = { when = true, statement = { Action = "lambda:InvokeFunction", Resource = [local.functions["worker"], local.functions["orchestrator"]] } }
      Execute       = local.execute
      RegistryToken = local.registry_token
      SecretKey     = merge(local.secret_key, { when = local.secret_key.when && local.registry_token.when })
      Interfaces    = local.interfaces
      NotByItself   = local.not_by_itself["worker"]
    }

    alarm = {
      Logs        = local.logs["alarm"]
      Traces      = local.traces
      DeadLetters = local.dead_letters["alarm"]
      Webhook     = local.webhook_of_alarms
      SecretKey   = local.secret_key
    }

    # What ECS does before the program is there, and with what it prints.
    ecs-execution = {
      Logs = local.logs["ecs-execution"]
      # A token is for the whole registry of the account.
      Registry = { when = true, statement = { Action = "ecr:GetAuthorizationToken", Resource = "*" } }
      Image    = { when = true, statement = { Action = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = local.repository } }
    }

    # EFS lets it in by its own policy (module ecs).
    ecs-task = {
      Webhook       = local.webhook
      RegistryToken = local.registry_token
      SecretKey     = local.secret_key
      Tell          = local.tell
      TopicKey      = local.topic_key
    }

    states = {
      Run  = { when = true, statement = { Action = "ecs:RunTask", Resource = "${local.task_definition}:*", Condition = { ArnEquals = { "ecs:cluster" = local.cluster } } } }
      Stop = { when = true, statement = { Action = ["ecs:StopTask", "ecs:DescribeTasks"], Resource = "${local.tasks}/*" } }
      Pass = { when = true, statement = {
        Action    = "iam:PassRole"
        Resource  = [for each in ["ecs-execution", "ecs-task"] : "arn:${local.aws}:iam::${local.account}:role/${var.project_name}-${each}-role"]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      } }
      # By this rule, which Step Functions makes once in an account, it learns of a task's end.
      Learn = { when = true, statement = {
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = "arn:${local.aws}:events:${local.here}:rule/StepFunctionsGetEventsForECSTaskRule"
      } }
      Ask = { when = true, statement = { Action = "lambda:InvokeFunction", Resource = local.functions["orchestrator"] } }
      # These actions know no resource.
      Deliver = { when = true, statement = {
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      } }
      Traces = { when = var.enable_xray_tracing, statement = {
        Action   = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = "*"
      } }
    }
  }
}
