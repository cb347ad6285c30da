// SPDX-License-Identifier: MIT OR Apache-2.0
// expect-error workgroup of 1024 x 2 x 1 threads: not supported
#version 450
layout(local_size_x = 1024, local_size_y = 2) in;
void main() { }
