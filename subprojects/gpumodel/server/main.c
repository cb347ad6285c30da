/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

int main(void)
{
    fprintf(stderr, "gpumodel: serving is not supported yet\n");
    return 2;
}
