/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs magma-cc on one case and looks for what the case expects: see cases/README.
 * usage: cases MAGMA_CC CASE SHADER.spv
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { OUTPUT_BYTES = 1 << 20, LINE_BYTES = 1024, COMMAND_BYTES = 4096 };

static char output[OUTPUT_BYTES];

/* The text behind "// KEY " in the line, without the end of the line; NULL when it is another. */
static char *value_of(char *line, const char *key)
{
    char *at = strstr(line, "// ");
    size_t length = strlen(key);
    if (!at || strncmp(at + 3, key, length) != 0 || at[3 + length] != ' ') {
        return NULL;
    }
    char *value = at + 4 + length;
    for (size_t end = strlen(value); end > 0 && isspace((unsigned char)value[end - 1]); end--) {
        value[end - 1] = '\0';
    }
    return value;
}

static bool read_options(const char *path, char *options)
{
    char line[LINE_BYTES];
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    options[0] = '\0';
    while (fgets(line, sizeof(line), file)) {
        const char *value = value_of(line, "options");
        if (value) {
            snprintf(options, LINE_BYTES, "%s", value);
        }
    }
    fclose(file);
    return true;
}

static int run(const char *tool, const char *options, const char *shader)
{
    char command[COMMAND_BYTES];
    snprintf(command, sizeof(command), "'%s' %s '%s' 2>&1", tool, options, shader);
    FILE *pipe = popen(command, "r");
    if (!pipe) {
        return -1;
    }
    output[fread(output, 1, sizeof(output) - 1, pipe)] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int complain(const char *what, const char *text)
{
    printf("%s: \"%s\"\n--- output:\n%s", what, text, output);
    return 1;
}

static int check(const char *path, int status)
{
    char line[LINE_BYTES];
    int expectations = 0, failures = 0, want_status = 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        const char *value;
        if ((value = value_of(line, "expect")) != NULL) {
            failures += strstr(output, value) ? 0 : complain("missing", value);
        } else if ((value = value_of(line, "expect-not")) != NULL) {
            failures += strstr(output, value) ? complain("unwanted", value) : 0;
        } else if ((value = value_of(line, "expect-error")) != NULL) {
            failures += strstr(output, value) ? 0 : complain("missing error", value);
            want_status = 1;
        } else {
            continue;
        }
        expectations++;
    }
    if (file) {
        fclose(file);
    }
    if (expectations == 0) {
        printf("%s expects nothing\n", path);
        return 1;
    }
    if (status != want_status) {
        printf("exit status %d, want %d\n--- output:\n%s", status, want_status, output);
        failures++;
    }
    return failures ? 1 : 0;
}

int main(int argc, char **argv)
{
    char options[LINE_BYTES];
    if (argc != 4 || !read_options(argv[2], options)) {
        fprintf(stderr, "usage: cases MAGMA_CC CASE SHADER.spv\n");
        return 2;
    }
    return check(argv[2], run(argv[1], options, argv[3]));
}
