locals {
  bucket = var.s3_bucket_arn
  # Bottles lie under the day of their run, and nothing else is named like a day.
  bottles   = "${local.bucket}/????-??-??/*"
  commits   = "${local.bucket}/ledger/v1/commits/*"
  documents = "${local.bucket}/ledger/v1/documents/*"
  identity  = "${local.bucket}/ledger/v1/ledger.json"
  hash_file = "${local.bucket}/bottles_hash.json"
  probes    = "${local.bucket}/probe-*"
  registry  = "${local.bucket}/v2/*"
  flat      = "${local.bucket}/flat/*"
  api       = "${local.bucket}/api/*"
  status    = "${local.bucket}/status/*"
  # What the next status page goes on from.
  history = "${local.bucket}/status/status.json"
  # The documents and lists of the generations that can be gone back to.
  generations = "${local.bucket}/generations/*"
  # Who built each bottle, as somebody's `bottles verify --attestations` has kept it.
  attestations = "${local.bucket}/attestations/*"
  ledger       = [local.identity, local.commits, local.documents]

  external_hash_file = var.external_hash_file_s3_key == null ? [] : [join("/", [
    var.external_hash_file_s3_bucket == null ? local.bucket : "arn:${local.aws}:s3:::${var.external_hash_file_s3_bucket}",
    var.external_hash_file_s3_key,
  ])]

  # Without a condition on the prefix: a GET of what is not there has none, and would be
  # answered with 403 instead of 404.
  list = { when = true, statement = { Action = "s3:ListBucket", Resource = local.bucket } }

  # S3 uses the key in the name of whoever asks it.
  bucket_key = {
    when = var.kms_key_arn != null
    statement = {
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = var.kms_key_arn
      Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.${data.aws_partition.current.dns_suffix}" } }
    }
  }

  # Workers record, and put bottles and what clients find them by. They remove nothing.
  s3_of_workers = {
    List  = local.list
    Read  = { when = true, statement = { Action = "s3:GetObject", Resource = concat(local.ledger, [local.hash_file, local.bottles, local.registry, local.flat]) } }
    Write = { when = true, statement = { Action = "s3:PutObject", Resource = [local.commits, local.bottles, local.registry, local.flat] } }
    Key   = local.bucket_key
  }

  s3_access = {
    # It founds the ledger, and tries the bucket out before it does. It alone publishes, writes
    # the status page, and lets bottles go (gc_auto): what a kept generation needs stands in its list; a bottle
    # leaves its day and every view; and a document leaves the API that upstream has no more.
    orchestrator = {
      List    = local.list
      Read    = { when = true, statement = { Action = "s3:GetObject", Resource = concat(local.ledger, [local.hash_file, local.bottles, local.probes, local.registry, local.flat, local.generations, local.history]) } }
      Write   = { when = true, statement = { Action = "s3:PutObject", Resource = concat(local.ledger, [local.hash_file, local.probes, local.registry, local.flat, local.api, local.generations, local.status]) } }
      CleanUp = { when = true, statement = { Action = "s3:DeleteObject", Resource = local.probes } }
      Evict   = { when = true, statement = { Action = "s3:DeleteObject", Resource = [local.bottles, local.registry, local.flat, local.api, local.generations, local.attestations] } }
      Import  = { when = length(local.external_hash_file) > 0, statement = { Action = "s3:GetObject", Resource = local.external_hash_file } }
      Key     = local.bucket_key
    }
    worker   = local.s3_of_workers
    ecs-task = local.s3_of_workers
  }
}
