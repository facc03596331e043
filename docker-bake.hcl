# Written by `./manage.py generate` from docker_images/; do not edit.
# `docker buildx bake LIB` builds one image, `docker buildx bake` all of them; what they stand on comes along.
variable "PREFIX" {
  default = ""
}
variable "TAG" {
  default = "latest"
}
variable "PYTHON_IMAGE" {
  default = null
}
variable "WHEELS" {
  default = null
}
variable "TORCH_BACKEND" {
  default = null
}
group "default" {
  targets = ["asteroid", "hibari", "sentence-transformers", "sentence-transformers-onnx", "speechbrain", "timm", "transformers"]
}
target "base" {
  context = "common"
  target = "base"
  args = {
    PYTHON_IMAGE = PYTHON_IMAGE
    WHEELS = WHEELS
    TORCH_BACKEND = TORCH_BACKEND
  }
}
target "common" {
  context = "common"
  target = "common"
  args = {
    PYTHON_IMAGE = PYTHON_IMAGE
    WHEELS = WHEELS
    TORCH_BACKEND = TORCH_BACKEND
  }
}
target "tools" {
  context = "common"
  target = "tools"
  args = {
    PYTHON_IMAGE = PYTHON_IMAGE
    WHEELS = WHEELS
    TORCH_BACKEND = TORCH_BACKEND
  }
}
target "torch" {
  context = "common"
  target = "torch"
  args = {
    PYTHON_IMAGE = PYTHON_IMAGE
    WHEELS = WHEELS
    TORCH_BACKEND = TORCH_BACKEND
  }
}
target "asteroid" {
  context = "docker_images/asteroid"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  tags = ["${PREFIX}inference-asteroid:${TAG}"]
}
target "hibari" {
  context = "docker_images/hibari"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-base = "target:base"
  }
  tags = ["${PREFIX}inference-hibari:${TAG}"]
}
target "sentence-transformers" {
  context = "docker_images/sentence_transformers"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  tags = ["${PREFIX}inference-sentence-transformers:${TAG}"]
}
target "sentence-transformers-onnx" {
  context = "docker_images/sentence_transformers"
  dockerfile = "onnx/Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-base = "target:base"
  }
  tags = ["${PREFIX}inference-sentence-transformers-onnx:${TAG}"]
}
target "speechbrain" {
  context = "docker_images/speechbrain"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  tags = ["${PREFIX}inference-speechbrain:${TAG}"]
}
target "timm" {
  context = "docker_images/timm"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  tags = ["${PREFIX}inference-timm:${TAG}"]
}
target "transformers" {
  context = "docker_images/transformers"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  tags = ["${PREFIX}inference-transformers:${TAG}"]
}
