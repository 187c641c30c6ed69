/* Runs a command in a network with a silent name server, which glibc asks once and for 3 s.
 *
 *     silent_network COMMAND ARGUMENT...
 */
#define _GNU_SOURCE
#include "../support/silent_network.h"

int main(int count, char **arguments)
{
    if (count < 2)
        fail("silent_network COMMAND ARGUMENT...");
    /* The socket of the name server stays open in the command. */
    enter_network_with_silent_name_server("options timeout:3 attempts:1\n");
    execv(arguments[1], arguments + 1);
    fail(arguments[1]);
}
