/* The switches of careful.c, each of which breaks a rule. At most one is defined, by the compiler's option -D.
 *
 * IGNORES_CERTIFICATES  accepts any certificate          ANY_200          allows by the status alone
 * VIOLATES              accesses memory that it has not  EXITS            ends the process
 * HANGS                 never returns                    LEAVES_THREAD    leaves a thread behind in each call
 * LEAKS_HANDLE          leaves a handle behind           CHANGES_FOLDER   changes the current folder
 * PRINTS                prints a line                    REFUSES_TO_LOAD  returns FALSE from DllMain
 * NO_EXPORT             exports another function         DECORATED        exports the name of C++
 */
