#!/bin/sh
# Generates the stubs of proto/ldlm.proto and builds the example, with what Debian has, and without the network.
set -eu
cd "$(dirname "$0")/../.."
place=$PWD/node_modules/.cache/go-example
libraries=${GO_LIBRARIES:-/usr/share/gocode}

# Generators and libraries of one Debian fit one another; those of other places may not.
PATH=/usr/bin:$PATH

missing=''
for program in go protoc protoc-gen-go protoc-gen-go-grpc; do
  command -v "$program" >/dev/null || missing="$missing $program"
done
# The last one is there in the libraries that fit the generators, and not in those that apt would take by itself.
for file in google.golang.org/grpc/clientconn.go google.golang.org/protobuf/proto/proto.go \
  github.com/golang/protobuf/proto/registry.go; do
  [ -f "$libraries/src/$file" ] || missing="$missing $file"
done
if [ -n "$missing" ]; then
  echo "The Go example cannot be built without$missing: apt-get install golang-go golang-google-grpc-dev" \
    'golang-google-protobuf-dev golang-github-golang-protobuf-1-5-dev protoc-gen-go protoc-gen-go-grpc' >&2
  exit 1
fi

mkdir -p "$place/src"
protoc -I proto --go_out="$place/src" --go_opt=Mldlm.proto=ldlm/wire \
  --go-grpc_out="$place/src" --go-grpc_opt=Mldlm.proto=ldlm/wire ldlm.proto

export GO111MODULE=off GOFLAGS='' GOTOOLCHAIN=local CGO_ENABLED=0
export GOPATH="$place:$libraries" GOCACHE="$place/cache"
go build -o "$place/ldlm-example" ./examples/go
echo "${place#"$PWD"/}/ldlm-example"
