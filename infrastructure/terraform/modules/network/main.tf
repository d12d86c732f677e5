data "aws_region" "current" {}

data "aws_availability_zones" "available" {
  # checkov:skip=CKV_AWS_394: a new zone changes nothing but what is made anew; availability_zones pins them
  state = "available"

  # Zones that are extensions of a region (Local Zones) have no Fargate.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zone_count = length(var.public_subnet_cidrs)
  zones      = length(var.availability_zones) > 0 ? var.availability_zones : slice(data.aws_availability_zones.available.names, 0, local.zone_count)
  egress     = var.enable_nat_gateway ? "nat_per_az" : var.egress
  nat_count  = { public_ip = 0, nat_single = 1, nat_per_az = local.zone_count }[local.egress]
}

resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_11: nothing can come in; lines of all bottles' packets would cost more than the mirror
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(var.tags, { Name = var.project_name })
}

# Whatever is made in this network without a security group gets this one, without rules.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.project_name}-default-unused" })
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = var.project_name })
}

resource "aws_subnet" "public" {
  count = local.zone_count

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = var.public_subnet_cidrs[count.index]
  # A task asks for its address itself; nothing else gets one.
  map_public_ip_on_launch = false
  tags                    = merge(var.tags, { Name = "${var.project_name}-public-${local.zones[count.index]}" })
}

resource "aws_subnet" "private" {
  count = local.zone_count

  vpc_id                  = aws_vpc.this.id
  availability_zone       = local.zones[count.index]
  cidr_block              = var.private_subnet_cidrs[count.index]
  map_public_ip_on_launch = false
  tags                    = merge(var.tags, { Name = "${var.project_name}-private-${local.zones[count.index]}" })
}

resource "aws_eip" "nat" {
  count = local.nat_count

  domain = "vpc"
  tags   = merge(var.tags, { Name = "${var.project_name}-nat-${local.zones[count.index]}" })

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count = local.nat_count

  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
  tags          = merge(var.tags, { Name = "${var.project_name}-${local.zones[count.index]}" })

  depends_on = [aws_internet_gateway.this]
}
