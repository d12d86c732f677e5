locals {
  reader_count = var.client_access == "cloudfront" ? 1 : 0
}

resource "aws_cloudfront_origin_access_control" "readers" {
  count = local.reader_count

  name                              = "${var.project_name}-readers"
  description                       = "Signs what CloudFront asks the bucket for"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "readers" {
  count = local.reader_count

  name    = "${var.project_name}-readers"
  comment = "Checks or drops the Authorization that brew sends"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = templatefile("${path.module}/readers.js.tftpl", { expected = var.client_authorization_sha256 == null ? "" : var.client_authorization_sha256 })
}

resource "aws_cloudfront_distribution" "readers" {
  # checkov:skip=CKV2_AWS_32: clients are programs: headers for browsers protect nobody
  # checkov:skip=CKV2_AWS_42: the distribution's own name is enough for HOMEBREW_ARTIFACT_DOMAIN
  # checkov:skip=CKV_AWS_174: with CloudFront's own certificate the version cannot be chosen
  # checkov:skip=CKV2_AWS_47: behind it are objects and no program that could be attacked
  # checkov:skip=CKV_AWS_68: as above
  # checkov:skip=CKV_AWS_86: who reads public bottles is not written down
  # checkov:skip=CKV_AWS_310: the bucket is the only origin
  # checkov:skip=CKV_AWS_305: there is no page to begin with: clients ask for names
  # checkov:skip=CKV_AWS_374: who may read is said by client_authorization_sha256, not by country
  count = local.reader_count

  comment         = "${var.project_name}: the views of the mirror"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = "PriceClass_100"
  tags            = var.tags

  origin {
    origin_id                = "mirror"
    domain_name              = aws_s3_bucket.this.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.readers[0].id
  }

  default_cache_behavior {
    target_origin_id       = "mirror"
    viewer_protocol_policy = "https-only"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    # AWS's own policies, the same in every account. Bottles never change; documents of
    # the API and the status page do, and are asked for each time.
    cache_policy_id = local.never_cached

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.readers[0].arn
    }
  }

  ordered_cache_behavior {
    path_pattern           = "/v2/*/blobs/*"
    target_origin_id       = "mirror"
    viewer_protocol_policy = "https-only"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = local.cached_long

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.readers[0].arn
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}

locals {
  cached_long  = "658327ea-f89d-4fab-a63d-7e88639e58f6" # CachingOptimized
  never_cached = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" # CachingDisabled
}
