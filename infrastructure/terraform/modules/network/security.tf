resource "aws_security_group" "tasks" {
  # checkov:skip=CKV2_AWS_5: it is attached in another module
  name        = "${var.project_name}-tasks"
  description = "Tasks: nothing comes in; HTTPS, names and the spool go out"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.project_name}-tasks" })
}

resource "aws_security_group" "efs" {
  # checkov:skip=CKV2_AWS_5: it is attached in another module
  name        = "${var.project_name}-efs"
  description = "The spool: tasks come in"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.project_name}-efs" })
}

resource "aws_security_group" "lambda" {
  # checkov:skip=CKV2_AWS_5: it is attached in another module
  count = var.lambda_in_vpc ? 1 : 0

  name        = "${var.project_name}-lambda"
  description = "Functions: nothing comes in; HTTPS and names go out"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.project_name}-lambda" })
}

resource "aws_security_group" "endpoints" {
  # checkov:skip=CKV2_AWS_5: it is attached where there are endpoints
  count = length(var.interface_endpoints) > 0 ? 1 : 0

  name        = "${var.project_name}-endpoints"
  description = "AWS services inside the network: tasks and functions come in"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.project_name}-endpoints" })
}

locals {
  # Who goes out to the internet. Keys are known before anything is made.
  callers = merge(
    { tasks = aws_security_group.tasks.id },
    var.lambda_in_vpc ? { lambda = aws_security_group.lambda[0].id } : {},
  )
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = local.callers

  security_group_id = each.value
  description       = "HTTPS to upstream and to AWS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "dns" {
  for_each = { for pair in setproduct(keys(local.callers), ["tcp", "udp"]) : join("-", pair) => pair }

  security_group_id = local.callers[each.value[0]]
  description       = "Names, from the network's own resolver"
  ip_protocol       = each.value[1]
  from_port         = 53
  to_port           = 53
  cidr_ipv4         = var.vpc_cidr
}

resource "aws_vpc_security_group_egress_rule" "nfs" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "The spool"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = aws_security_group.efs.id
}

resource "aws_vpc_security_group_ingress_rule" "nfs" {
  security_group_id            = aws_security_group.efs.id
  description                  = "From tasks"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = aws_security_group.tasks.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  for_each = length(var.interface_endpoints) > 0 ? local.callers : {}

  security_group_id            = aws_security_group.endpoints[0].id
  description                  = "HTTPS from ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = each.value
}
