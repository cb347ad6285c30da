#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Repeats the execution tests on an sm_90 GPU and compares with what the software SM gave.

usage: silicon.py JOB...      (needs the vendor's driver and nvcc)

Jobs come from test_compiler_exec with MAGMA_TEST_DUMP=FOLDER. A kernel of the vendor's compiler
serves as the container: its code, register count and parameters are replaced by ours. Each job
runs in a process of its own, since a fault ends the context.
"""
import ctypes
import os
import struct
import subprocess
import sys
import tempfile

FLAT_VA, FLAT_BYTES = 0x100000000, 16 << 20
KERNEL = """
struct root { unsigned w[160]; };
extern "C" __global__ void k(const __grid_constant__ root r)
{
    extern __shared__ unsigned s[];
    volatile unsigned *p = (volatile unsigned *)(unsigned long long)r.w[0];
    s[threadIdx.x] = r.w[threadIdx.x & 127];
    __syncthreads();
""" + "    p[0] = s[0];\n" * 5000 + "}\n"


def read_job(path):
    data, at, job = open(path, "rb").read(), 0, {"in": [], "out": []}
    while at < len(data):
        end = data.index(b"\n", at)
        words = data[at:end].decode().split()
        at = end + 1
        if words[0] in ("code", "root", "sets", "in", "out"):
            size = int(words[2])
            block = (int(words[1], 16), data[at:at + size])
            at += size
            if words[0] in ("in", "out"):
                job[words[0]].append(block)
            else:
                job[words[0]] = block
        else:
            job[words[0]] = [int(w) for w in words[1:]]
    return job


def build_container(folder):
    source, cubin = os.path.join(folder, "k.cu"), os.path.join(folder, "k.cubin")
    with open(source, "w", encoding="utf-8") as f:
        f.write(KERNEL)
    subprocess.run(["nvcc", "-arch=sm_90", "-cubin", "-o", cubin, source], check=True)
    return cubin


def sections(image):
    shoff, = struct.unpack_from("<Q", image, 0x28)
    entsize, count, names = struct.unpack_from("<HHH", image, 0x3A)
    table = []
    for i in range(count):
        at = shoff + i * entsize
        name, _, _, _, offset, size, _, info = struct.unpack_from("<IIQQQQII", image, at)
        table.append((at, name, offset, size, info))
    strings = table[names][2]
    result = {}
    for at, name, offset, size, info in table:
        end = image.index(b"\0", strings + name)
        result[bytes(image[strings + name:end]).decode()] = (at, offset, size, info)
    return result


def patch(cubin, code, registers):
    image = bytearray(open(cubin, "rb").read())
    found = sections(image)
    header, offset, size, info = found[".text.k"]
    if len(code) > size:
        raise SystemExit("the container is too small")
    image[offset:offset + len(code)] = code
    struct.pack_into("<I", image, header + 0x2C, (info & 0xFFFFFF) | registers << 24)
    _, offset, size, _ = found[".nv.info"]
    at = image.find(b"\x04\x2f\x08\x00", offset, offset + size)  # EIATTR_REGCOUNT
    struct.pack_into("<I", image, at + 8, registers)
    return bytes(image)


def relocate(data, delta):
    words = list(struct.unpack(f"<{len(data) // 8}Q", data[:len(data) // 8 * 8]))
    words = [w + delta if FLAT_VA <= w < FLAT_VA + FLAT_BYTES else w for w in words]
    return struct.pack(f"<{len(words)}Q", *words) + data[len(data) // 8 * 8:]


class Driver:
    def __init__(self):
        self.lib = ctypes.CDLL("libcuda.so.1")
        self.context = ctypes.c_void_p()
        self("cuInit", 0)
        self("cuDevicePrimaryCtxRetain", ctypes.byref(self.context), 0)
        self("cuCtxSetCurrent", self.context)

    def __call__(self, name, *args):
        status = getattr(self.lib, name)(*args)
        if status:
            raise SystemExit(f"{name}: CUDA error {status}")


def run_job(path, cubin):
    job, cuda = read_job(path), Driver()
    image = patch(cubin, job["code"][1], max(job["registers"][0], 16))
    module, function = ctypes.c_void_p(), ctypes.c_void_p()
    cuda("cuModuleLoadData", ctypes.byref(module), image)
    cuda("cuModuleGetFunction", ctypes.byref(function), module, b"k")
    memory = ctypes.c_uint64()
    cuda("cuMemAlloc_v2", ctypes.byref(memory), ctypes.c_size_t(FLAT_BYTES))
    cuda("cuMemsetD8_v2", memory, ctypes.c_ubyte(0), ctypes.c_size_t(FLAT_BYTES))
    delta, follows = memory.value - FLAT_VA, os.path.basename(path).startswith("address")

    def write(va, data):
        cuda("cuMemcpyHtoD_v2", ctypes.c_uint64(va + delta), data, ctypes.c_size_t(len(data)))

    write(job["sets"][0], relocate(job["sets"][1], delta))
    for va, data in job["in"]:
        write(va, relocate(data, delta) if follows else data)
    root = ctypes.create_string_buffer(relocate(job["root"][1], delta), 640)
    params = (ctypes.c_void_p * 1)(ctypes.cast(root, ctypes.c_void_p))
    cuda("cuLaunchKernel", function, *job["grid"], *job["cta"], job["shared"][0], None, params,
         None)
    cuda("cuCtxSynchronize")
    words, different, worst = 0, 0, 0.0
    for va, want in job["out"]:
        got = ctypes.create_string_buffer(len(want))
        cuda("cuMemcpyDtoH_v2", got, ctypes.c_uint64(va + delta), ctypes.c_size_t(len(want)))
        if follows:
            want = relocate(want, delta)
        for a, b in zip(struct.iter_unpack("<I", got.raw), struct.iter_unpack("<I", want)):
            words += 1
            if a != b:
                different += 1
                x, y = (struct.unpack("<f", struct.pack("<I", v[0]))[0] for v in (a, b))
                worst = max(worst, abs(x - y) / max(abs(y), 1e-3)) if x == x and y == y else 9.0
    print(f"{os.path.basename(path):24} words {words} different {different} "
          f"as floats by at most {worst:.2e}")
    return different == 0 or worst < 1e-5


def main():
    if sys.argv[1] == "--one":
        sys.exit(0 if run_job(sys.argv[3], sys.argv[2]) else 1)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        cubin = build_container(folder)
        for path in sys.argv[1:]:
            result = subprocess.run([sys.executable, __file__, "--one", cubin, path], timeout=60,
                                    capture_output=True, text=True)
            print(result.stdout.strip() or f"{path}: {result.stderr.strip()[-200:]}")
            failures += result.returncode != 0
    print(f"{failures} of {len(sys.argv) - 1} jobs differ")
    sys.exit(1 if failures else 0)


main()
