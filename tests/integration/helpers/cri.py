#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of the kubelet's interface to containerd (CRI, runtime.v1), enough for a pod in the host's network.

usage: cri.py SOCKET CALL ARGUMENTS...
  run-pod HANDLER CGROUP-PARENT NAME          prints the pod's id
  start POD CGROUP-PARENT NAME IMAGE WORD...  creates and starts a container; prints its id
  exec CONTAINER WORD...                      prints the output; ends with the process's status
  stop CONTAINER | remove CONTAINER | stop-pod POD | remove-pod POD

There is no client of it in Debian 12.  A call is an HTTP/2 request with a message in protobuf's wire format
behind five bytes, which curl can send; the numbers are those of api.proto of k8s.io/cri-api.
"""
import subprocess
import sys


def varint(number):
    out = b''
    while number > 0x7f:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """A number, or bytes or a text with its length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """The last value of each field."""
    found, at = {}, 0
    while at < len(data):
        key, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        found[key >> 3] = value
    return found


def call(socket, method, message):
    answer = subprocess.run(
        ['curl', '-sS', '--max-time', '60', '--http2-prior-knowledge', '--unix-socket', socket, '-D', '/dev/stderr',
         '-H', 'content-type: application/grpc', '-H', 'te: trailers', '--data-binary', '@-',
         'http://localhost/runtime.v1.RuntimeService/' + method],
        input=b'\0' + len(message).to_bytes(4, 'big') + message, capture_output=True, check=False)
    headers = answer.stderr.decode(errors='replace')
    if 'grpc-status: 0' not in headers:
        sys.exit(f'{method} failed: {headers}')
    return fields(answer.stdout[5:])


def pod_config(parent, name):
    """In the host's network (2), so that no CNI plugin is needed."""
    metadata = field(1, name) + field(2, 'uid-' + name) + field(3, 'default')
    linux = field(1, parent) + field(2, field(1, field(1, 2)))
    return field(1, metadata) + field(3, '/tmp') + field(8, linux)


def run_pod(socket, handler, parent, name):
    print(call(socket, 'RunPodSandbox', field(1, pod_config(parent, name)) + field(2, handler))[1].decode())


def start(socket, pod, parent, name, image, *words):
    container = field(1, field(1, name)) + field(2, field(1, image)) + b''.join(field(3, word) for word in words)
    request = field(1, pod) + field(2, container) + field(3, pod_config(parent, 'p1'))
    identifier = call(socket, 'CreateContainer', request)[1]
    call(socket, 'StartContainer', field(1, identifier))
    print(identifier.decode())


def execute(socket, container, *words):
    answer = call(socket, 'ExecSync', field(1, container) + b''.join(field(2, word) for word in words) + field(3, 30))
    sys.stdout.write(answer.get(1, b'').decode())
    sys.stderr.write(answer.get(2, b'').decode())
    sys.exit(answer.get(3, 0))


def plain(method):
    return lambda socket, identifier: call(socket, method, field(1, identifier)) and None


CALLS = {'run-pod': run_pod, 'start': start, 'exec': execute, 'stop': plain('StopContainer'),
         'remove': plain('RemoveContainer'), 'stop-pod': plain('StopPodSandbox'),
         'remove-pod': plain('RemovePodSandbox')}

if len(sys.argv) < 4 or sys.argv[2] not in CALLS:
    sys.exit(__doc__)
CALLS[sys.argv[2]](sys.argv[1], *sys.argv[3:])
