# Sourced by run: a Docker engine and a browser, and on a machine that can pull no image, what stands for the public ones.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/inference-api-ci"
mkdir -p "$cache"
started_engine=

install_needed() {
    local needed
    for needed in dockerd debootstrap iptables chromium; do
        command -v "$needed" >/dev/null || break
        needed=
    done
    [ -n "$needed" ] || return 0
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        docker.io debootstrap iptables chromium fonts-dejavu-core
}

start_engine() {
    docker version >/dev/null 2>&1 && return
    rm -f /var/run/docker.pid
    setsid dockerd >"$cache/dockerd.log" 2>&1 &
    started_engine=$!
    for _ in $(seq 60); do
        docker version >/dev/null 2>&1 && return
        sleep 1
    done
    echo "dockerd did not start:" >&2
    tail -n 20 "$cache/dockerd.log" >&2
    return 1
}

stop_engine() {
    [ -z "$started_engine" ] || { kill "$started_engine" && wait "$started_engine" || true; }
}

# A Python image by debootstrap, kept as an archive under a key of what it is made of.
python_image() {
    local bundle=/etc/ssl/certs/ca-certificates.crt
    local key archive
    key=$({ cat "$bundle"; declare -f python_image; } | sha256sum | cut -c1-12)
    archive="$cache/python-$key.tar"
    if [ ! -f "$archive" ]; then
        local root
        root=$(mktemp -d)
        debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" >"$cache/debootstrap.log" 2>&1 ||
            { tail -n 20 "$cache/debootstrap.log" >&2; return 1; }
        cp "$bundle" "$root$bundle"
        rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
        tar -C "$root" -c . -f "$archive.part"
        mv "$archive.part" "$archive"
        rm -rf "$root"
    fi
    docker image inspect "inference-ci-python:$key" >/dev/null 2>&1 ||
        docker import --change "ENV PIP_CERT=$bundle" --change "ENV SSL_CERT_FILE=$bundle" \
            --change "ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" "$archive" "inference-ci-python:$key" >/dev/null
    echo "inference-ci-python:$key"
}

# A folder of wheels that builds prefer to the registry's, where pip's configuration names one: those of that folder,
# and torch's family to go with them.
wheels_folder() {
    local given="${PIP_FIND_LINKS:-}"
    ls "$given"/torch-*.whl >/dev/null 2>&1 || return 0
    local folder
    folder="$cache/wheels-$(cat .ci/wheels.py common/torch*.txt | sha256sum | cut -c1-12)"
    python3 .ci/wheels.py "$folder"
    ln -sf "$given"/*.whl "$folder"
    echo "$folder"
}

# The folder as an image, or nothing.
wheels_image() {
    [ -n "$1" ] || return 0
    local name
    name="inference-ci-wheels:$(basename "$1")"
    docker image inspect "$name" >/dev/null 2>&1 || tar -C "$1" --dereference -c . | docker import - "$name" >/dev/null
    echo "$name"
}
