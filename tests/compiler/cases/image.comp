// SPDX-License-Identifier: MIT OR Apache-2.0
// expect-error storage class UniformConstant: not supported
#version 450
layout(local_size_x = 1) in;
layout(binding = 0, rgba8) uniform writeonly image2D image;
void main() { imageStore(image, ivec2(0), vec4(1)); }
