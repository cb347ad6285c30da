// SPDX-License-Identifier: MIT OR Apache-2.0
// expect-error capability Float64 (10): not supported
#version 450
layout(local_size_x = 1) in;
layout(binding = 0) buffer B { double d; };
void main() { d = d * 2.0LF; }
