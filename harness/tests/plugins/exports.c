/* One function or variable under the name and with the attributes asked for. */
#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#if defined(HIDDEN)
__attribute__((visibility("hidden"), used)) int IsEntitled(void) { return 2; }
#elif defined(DATA)
EXPORT int IsEntitled = 2;
#elif defined(CONSTANT)
extern const int IsEntitled;
EXPORT const int IsEntitled = 2;
#elif defined(THREAD_LOCAL)
EXPORT __thread int IsEntitled = 2;
#elif defined(STDCALL)
EXPORT int __attribute__((stdcall)) IsEntitled(void) { return 2; }
#elif defined(MISSPELT)
EXPORT int is_entitled(void) { return 2; }
#elif defined(UNEXPORTED)
int Ask(void) { return 2; }
#else
EXPORT int IsEntitled(void) { return 2; }
#endif

#ifdef _WIN32
#define NOTE ".icsent"
#else
#define NOTE ".note.ics-entitlement"
#endif

#ifdef MARKED
__attribute__((section(NOTE), used, aligned(4))) static const struct {
    unsigned name_size, description_size, type;
    char name[16];
    char description[sizeof MARKED - 1];
} marker = {16, sizeof MARKED - 1, 1, "ICS-Entitlement", MARKED};
#endif

#if defined(PROGRAM)
int main(void) { return 0; }
#endif
