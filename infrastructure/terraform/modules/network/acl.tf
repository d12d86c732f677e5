# The second fence. It remembers nothing: the way back of each connection is a rule, too.
locals {
  inside  = var.vpc_cidr
  outside = "0.0.0.0/0"

  # What both kinds of subnet let through.
  acl = {
    ingress = {
      "100" = { from = 1024, to = 65535, cidr = local.outside } # answers
      "110" = { from = 443, to = 443, cidr = local.inside }     # to NAT, to endpoints
      "120" = { from = 2049, to = 2049, cidr = local.inside }   # to the spool
    }
    egress = {
      "100" = { from = 443, to = 443, cidr = local.outside }
      "110" = { from = 2049, to = 2049, cidr = local.inside }
      "120" = { from = 1024, to = 65535, cidr = local.inside } # answers, inside
    }
  }
}

resource "aws_network_acl" "public" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = aws_subnet.public[*].id
  tags       = merge(var.tags, { Name = "${var.project_name}-public" })
}

resource "aws_network_acl" "private" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = aws_subnet.private[*].id
  tags       = merge(var.tags, { Name = "${var.project_name}-private" })
}

resource "aws_network_acl_rule" "public" {
  for_each = merge([for way, rules in local.acl : { for number, rule in rules : "${way}-${number}" => merge(rule, { number = number, egress = way == "egress" }) }]...)

  network_acl_id = aws_network_acl.public.id
  rule_number    = each.value.number
  egress         = each.value.egress
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = each.value.cidr
  from_port      = each.value.from
  to_port        = each.value.to
}

resource "aws_network_acl_rule" "private" {
  for_each = merge([for way, rules in local.acl : { for number, rule in rules : "${way}-${number}" => merge(rule, { number = number, egress = way == "egress" }) }]...)

  network_acl_id = aws_network_acl.private.id
  rule_number    = each.value.number
  egress         = each.value.egress
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = each.value.cidr
  from_port      = each.value.from
  to_port        = each.value.to
}
