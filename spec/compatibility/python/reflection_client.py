"""Why: a client of another language knows nothing of the server but its address, and asks it for the rest."""

import json
import sys

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

address, password = sys.argv[1:]
metadata = [("authorization", password)]


class Password(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    """The library's reflection client has no place for metadata."""

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(self._with_password(details), request)

    def intercept_stream_stream(self, continuation, details, requests):
        return continuation(self._with_password(details), requests)

    @staticmethod
    def _with_password(details):
        return details._replace(metadata=metadata)


with grpc.insecure_channel(address) as bare:
    channel = grpc.intercept_channel(bare, Password())
    database = ProtoReflectionDescriptorDatabase(channel)
    pool = DescriptorPool(database)
    service = pool.FindServiceByName("ldlm.LDLM")
    pool.FindServiceByName("grpc.health.v1.Health")
    lock = service.methods_by_name["Lock"]
    hello = pool.FindMessageTypeByName("ldlm.Hello")
    call = channel.unary_unary(
        "/ldlm.LDLM/Lock",
        request_serializer=message_factory.GetMessageClass(lock.input_type).SerializeToString,
        response_deserializer=message_factory.GetMessageClass(lock.output_type).FromString,
    )
    request = message_factory.GetMessageClass(lock.input_type)(name="a", size=2)
    health = health_pb2_grpc.HealthStub(bare).Check(
        health_pb2.HealthCheckRequest(service="ldlm.LDLM")
    )
    print(
        json.dumps(
            {
                "services": sorted(database.get_services()),
                "methods": sorted(service.methods_by_name),
                "owner": hello.fields_by_name["owner"].message_type.name,
                "optional": lock.input_type.fields_by_name["size"].has_presence,
                "answer": json_format.MessageToDict(
                    call(request), preserving_proto_field_name=True
                ),
                "health": health_pb2.HealthCheckResponse.ServingStatus.Name(health.status),
            }
        )
    )
