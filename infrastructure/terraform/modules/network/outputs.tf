output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Public subnets, one a zone."
  value       = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  description = "Private subnets, one a zone; the spool's mount targets are here."
  value       = aws_subnet.private[*].id
}

output "task_subnet_ids" {
  description = "Where tasks run: the public subnets with egress = public_ip, else the private ones."
  value       = local.nat_count == 0 ? aws_subnet.public[*].id : aws_subnet.private[*].id
}

output "assign_public_ip" {
  description = "Whether a task gets an address of its own, as Step Functions writes it."
  value       = local.nat_count == 0 ? "ENABLED" : "DISABLED"
}

output "task_security_group_id" {
  description = "The tasks' security group."
  value       = aws_security_group.tasks.id
}

output "efs_security_group_id" {
  description = "The security group of the spool's mount targets."
  value       = aws_security_group.efs.id
}

output "lambda_subnet_ids" {
  description = "Where the functions are; empty: outside of the network."
  value       = var.lambda_in_vpc ? tolist(aws_subnet.private[*].id) : []
}

output "lambda_security_group_id" {
  description = "The functions' security group; null: they have none."
  value       = one(aws_security_group.lambda[*].id)
}

output "s3_endpoint_id" {
  description = "The gateway to S3, by which clients in this network may read."
  value       = aws_vpc_endpoint.s3.id
}

output "nat_public_ips" {
  description = "The addresses that upstream sees, with NAT gateways."
  value       = aws_eip.nat[*].public_ip
}
