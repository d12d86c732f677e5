# The images of the worker. A tag is given once, so that what a digest was called stays true.

resource "aws_ecr_repository" "this" {
  # checkov:skip=CKV_AWS_136: AES-256 by default; a key of one's own is a variable
  name                 = var.project_name
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true # an image can be built again from its commit

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = var.ecr_kms_key_arn == null ? "AES256" : "KMS"
    kms_key         = var.ecr_kms_key_arn
  }

  tags = var.tags
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Keep the last images, to go back to"
        selection = {
          tagStatus   = "any"
          countType   = "imageCountMoreThan"
          countNumber = var.images_kept
        }
        action = { type = "expire" }
      },
    ]
  })
}
