# The second fence, around every subnet. It remembers nothing: the way back of each
# connection is a rule, too. A subnet that is made here has the network's default list;
# this is that list, without what AWS puts there, which is everything.
locals {
  inside  = var.vpc_cidr
  outside = "0.0.0.0/0"

  passes = {
    ingress = {
      100 = { from = 1024, to = 65535, cidr = local.outside } # answers
      110 = { from = 443, to = 443, cidr = local.inside }     # to NAT, to endpoints
      120 = { from = 2049, to = 2049, cidr = local.inside }   # to the spool
    }
    egress = {
      100 = { from = 443, to = 443, cidr = local.outside }
      110 = { from = 2049, to = 2049, cidr = local.inside }
      120 = { from = 1024, to = 65535, cidr = local.inside } # answers, inside
    }
  }
}

resource "aws_default_network_acl" "this" {
  default_network_acl_id = aws_vpc.this.default_network_acl_id
  tags                   = merge(var.tags, { Name = var.project_name })

  dynamic "ingress" {
    for_each = local.passes.ingress

    content {
      rule_no    = ingress.key
      protocol   = "tcp"
      action     = "allow"
      cidr_block = ingress.value.cidr
      from_port  = ingress.value.from
      to_port    = ingress.value.to
    }
  }

  dynamic "egress" {
    for_each = local.passes.egress

    content {
      rule_no    = egress.key
      protocol   = "tcp"
      action     = "allow"
      cidr_block = egress.value.cidr
      from_port  = egress.value.from
      to_port    = egress.value.to
    }
  }

  lifecycle {
    # Subnets come to it by themselves.
    ignore_changes = [subnet_ids]
  }
}
