mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
}

run "as_it_comes" {
  assert {
    condition     = tolist(output.task_subnet_ids) == tolist(output.public_subnet_ids) && output.assign_public_ip == "ENABLED"
    error_message = "Tasks are not in public subnets with addresses of their own."
  }

  assert {
    condition     = length(aws_nat_gateway.this) + length(aws_eip.nat) + length(aws_route.nat) + length(aws_vpc_endpoint.interface) == 0
    error_message = "There is something to pay for that was not asked for."
  }

  assert {
    condition     = tolist(aws_subnet.public[*].availability_zone) == tolist(["eu-central-1a", "eu-central-1b"]) && tolist(aws_subnet.private[*].cidr_block) == tolist(["10.0.10.0/24", "10.0.20.0/24"])
    error_message = "The subnets are not in the first two zones, or not where the specification has them."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && length(aws_vpc_endpoint.s3.route_table_ids) == 3
    error_message = "Not every subnet reaches S3 by the gateway that costs nothing."
  }

  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.nfs : name => rule if contains(["from_port", "to_port"], name) } == { from_port = 2049, to_port = 2049 } && length(aws_vpc_security_group_ingress_rule.endpoints) == 0
    error_message = "Something comes in that is not the spool's."
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_egress_rule.https : rule.from_port] == [443] && toset([for rule in aws_vpc_security_group_egress_rule.dns : "${rule.ip_protocol} ${rule.from_port}"]) == toset(["tcp 53", "udp 53"]) && aws_vpc_security_group_egress_rule.nfs.to_port == 2049
    error_message = "What goes out is not HTTPS, names and the spool."
  }

  assert {
    condition     = length(output.lambda_subnet_ids) == 0 && output.lambda_security_group_id == null
    error_message = "The functions are in the network."
  }
}

run "one_nat_gateway_for_all" {
  variables {
    egress = "nat_single"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 2 && length(output.nat_public_ips) == 1
    error_message = "There is not one gateway for both zones."
  }

  assert {
    condition     = tolist(output.task_subnet_ids) == tolist(output.private_subnet_ids) && output.assign_public_ip == "DISABLED"
    error_message = "Tasks are not in private subnets."
  }
}

run "a_nat_gateway_a_zone" {
  variables {
    enable_nat_gateway = true
    lambda_in_vpc      = true
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2 && length(output.nat_public_ips) == 2
    error_message = "There is not one gateway a zone."
  }

  assert {
    condition     = tolist(output.lambda_subnet_ids) == tolist(output.private_subnet_ids) && output.lambda_security_group_id != null && length(aws_vpc_security_group_egress_rule.https) == 2
    error_message = "The functions are not in the private subnets, or cannot go out."
  }
}

run "services_inside_the_network" {
  variables {
    interface_endpoints = ["logs", "ecr.api", "ecr.dkr"]
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 3 && [for rule in aws_vpc_security_group_ingress_rule.endpoints : rule.to_port] == [443]
    error_message = "There are not three endpoints that tasks come to by HTTPS."
  }
}

run "an_egress_that_nobody_knows" {
  command = plan
  variables { egress = "proxy" }
  expect_failures = [var.egress]
}

run "one_gateway_and_one_a_zone_at_once" {
  command = plan
  variables {
    egress             = "nat_single"
    enable_nat_gateway = true
  }
  expect_failures = [var.enable_nat_gateway]
}

run "functions_that_could_reach_nothing" {
  command = plan
  variables { lambda_in_vpc = true }
  expect_failures = [var.lambda_in_vpc]
}

run "a_network_that_is_no_range" {
  command = plan
  variables { vpc_cidr = "10.0.0.0" }
  expect_failures = [var.vpc_cidr]
}

run "one_zone_only" {
  command = plan
  variables {
    public_subnet_cidrs  = ["10.0.1.0/24"]
    private_subnet_cidrs = ["10.0.10.0/24"]
  }
  expect_failures = [var.public_subnet_cidrs]
}

run "a_private_subnet_too_few" {
  command = plan
  variables { private_subnet_cidrs = ["10.0.10.0/24"] }
  expect_failures = [var.private_subnet_cidrs]
}

run "a_zone_too_many" {
  command = plan
  variables { availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  expect_failures = [var.availability_zones]
}

run "an_endpoint_that_nothing_asks" {
  command = plan
  variables { interface_endpoints = ["ec2"] }
  expect_failures = [var.interface_endpoints]
}

run "the_second_fence" {
  command = plan

  assert {
    condition     = toset([for rule in aws_default_network_acl.this.ingress : "${rule.cidr_block} ${rule.from_port}-${rule.to_port}"]) == toset(["0.0.0.0/0 1024-65535", "10.0.0.0/16 443-443", "10.0.0.0/16 2049-2049"])
    error_message = "Something comes in that is no answer."
  }

  assert {
    condition     = toset([for rule in aws_default_network_acl.this.egress : "${rule.cidr_block} ${rule.from_port}-${rule.to_port}"]) == toset(["0.0.0.0/0 443-443", "10.0.0.0/16 1024-65535", "10.0.0.0/16 2049-2049"])
    error_message = "Something goes out that is not HTTPS."
  }
}
