/* A stand-in libnvidia-ml.so.1 for tests: it lets the real nvidia-ml-py run where there is no NVIDIA driver.
 *
 * Own code; only the exported names, the order of arguments and the layout of structures follow the public NVML
 * interface as nvidia-ml-py declares it.
 *
 *   gcc -shared -fPIC -Wall -Wextra -Werror -Wl,-soname,libnvidia-ml.so.1 -o DIR/libnvidia-ml.so.1 fake_nvml.c
 *   FAKE_NVML_STATE=FILE LD_LIBRARY_PATH=DIR python ...
 *
 * The state file has lines "key=value" and is read anew by every call, so that a running test can heat a card up or
 * take it away. Without the file there is no card.
 *   driver=580.65.06   count=2
 *   gpu0.name=...  gpu0.uuid=...  gpu0.total=BYTES  gpu0.used=BYTES  gpu0.temp=C  gpu0.power=MILLIWATTS
 *   gpu0.processes=PID:BYTES,PID:BYTES  gpu0.graphics=PID:BYTES   (without BYTES the driver does not tell them)
 *   gpu0.limit=MILLIWATTS  gpu0.util=PERCENT  gpu0.cc=8.9  gpu0.energy=MILLIJOULES
 *   gpu1.lost=1                      every call for this card answers NVML_ERROR_GPU_IS_LOST
 *   fail.FUNCTION=CODE               the function answers with this nvmlReturn_t
 *   gpu1.fail.FUNCTION=CODE          ... for this card only
 *   sleep.FUNCTION=MILLISECONDS      the function hangs first
 * With -DOLD_DRIVER the newer nvmlDeviceGetTemperatureV is missing, with -DNEW_DRIVER the older
 * nvmlDeviceGetTemperature, with -DANCIENT_DRIVER nvmlInitWithFlags.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7,
    GPU_IS_LOST = 15, VERSION_MISMATCH = 25,
};
#define MOST_CARDS 128
#define LONGEST 512

static int references;
static int cards[MOST_CARDS]; /* a handle is the address of a card's entry */

/* Copies the value of a key to `out`; whether there is one. */
static int find(const char *key, char out[LONGEST]) {
    const char *path = getenv("FAKE_NVML_STATE");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[LONGEST + 128];
    size_t length = strlen(key);
    int found = 0;
    if (!file) return 0;
    while (!found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!strncmp(line, key, length) && line[length] == '=') {
            snprintf(out, LONGEST, "%.*s", LONGEST - 1, line + length + 1);
            found = 1;
        }
    }
    fclose(file);
    return found;
}

static unsigned long long number(const char *key, unsigned long long otherwise) {
    char value[LONGEST];
    return find(key, value) ? strtoull(value, NULL, 0) : otherwise;
}

static int count_cards(void) {
    unsigned long long count = number("count", 0);
    return count > MOST_CARDS ? MOST_CARDS : (int)count;
}

static int card_number(void *device) {
    for (int i = 0; i < MOST_CARDS; i++)
        if (device == &cards[i]) return i;
    return -1;
}

static unsigned long long card_value(void *device, const char *what, unsigned long long otherwise) {
    char key[128];
    snprintf(key, sizeof key, "gpu%d.%s", card_number(device), what);
    return number(key, otherwise);
}

static void card_text(void *device, const char *what, const char *otherwise, char out[LONGEST]) {
    char key[128];
    snprintf(key, sizeof key, "gpu%d.%s", card_number(device), what);
    if (!find(key, out)) snprintf(out, LONGEST, "%s", otherwise);
}

static void hang(const char *function) {
    char key[128];
    snprintf(key, sizeof key, "sleep.%s", function);
    unsigned long long milliseconds = number(key, 0);
    struct timespec pause = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000L};
    if (milliseconds) nanosleep(&pause, NULL);
}

static int injected(const char *function) {
    char key[128];
    hang(function);
    snprintf(key, sizeof key, "fail.%s", function);
    return (int)number(key, SUCCESS);
}

static int enter(const char *function) {
    int failure = injected(function);
    return failure ? failure : references > 0 ? SUCCESS : UNINITIALIZED;
}

static int enter_card(const char *function, void *device) {
    char what[128];
    int failure = enter(function), card = card_number(device);
    if (failure) return failure;
    if (card < 0) return INVALID_ARGUMENT;
    if (card >= count_cards() || card_value(device, "lost", 0)) return GPU_IS_LOST;
    snprintf(what, sizeof what, "fail.%s", function);
    return (int)card_value(device, what, SUCCESS);
}

#define ENTER do { int failure_ = enter(__func__); if (failure_) return failure_; } while (0)
#define ENTER_CARD do { int failure_ = enter_card(__func__, device); if (failure_) return failure_; } while (0)

static int give(char *out, unsigned size, const char *text) {
    if (strlen(text) + 1 > size) return INSUFFICIENT_SIZE;
    strcpy(out, text);
    return SUCCESS;
}

/* --- the library --- */

#ifndef ANCIENT_DRIVER
int nvmlInitWithFlags(unsigned flags) {
    int failure = injected(__func__);
    (void)flags;
    if (!failure) references++;
    return failure;
}
#endif

int nvmlShutdown(void) { ENTER; references--; return SUCCESS; }

const char *nvmlErrorString(int code) {
    switch (code) {
    case UNINITIALIZED: return "Uninitialized";
    case 9: return "Driver Not Loaded";
    case GPU_IS_LOST: return "GPU is lost";
    default: return "Unknown Error";
    }
}

int nvmlSystemGetDriverVersion(char *out, unsigned size) {
    char value[LONGEST] = "580.65.06";
    ENTER;
    find("driver", value);
    return give(out, size, value);
}

/* --- the cards --- */

int nvmlDeviceGetCount_v2(unsigned *count) { ENTER; *count = (unsigned)count_cards(); return SUCCESS; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    ENTER;
    if (index >= (unsigned)count_cards()) return INVALID_ARGUMENT;
    *device = &cards[index];
    return card_value(*device, "lost", 0) ? GPU_IS_LOST : SUCCESS;
}

int nvmlDeviceGetName(void *device, char *out, unsigned size) {
    char value[LONGEST];
    ENTER_CARD;
    card_text(device, "name", "NVIDIA Test GPU", value);
    return give(out, size, value);
}

int nvmlDeviceGetUUID(void *device, char *out, unsigned size) {
    char made[64], value[LONGEST];
    ENTER_CARD;
    snprintf(made, sizeof made, "GPU-00000000-0000-0000-0000-%012d", card_number(device));
    card_text(device, "uuid", made, value);
    return give(out, size, value);
}

struct memory { unsigned long long total, free, used; };
int nvmlDeviceGetMemoryInfo(void *device, struct memory *memory) {
    ENTER_CARD;
    memory->total = card_value(device, "total", 24ull << 30);
    memory->used = card_value(device, "used", 512ull << 20);
    memory->free = memory->total - memory->used;
    return SUCCESS;
}

#ifndef NEW_DRIVER
int nvmlDeviceGetTemperature(void *device, unsigned sensor, unsigned *celsius) {
    ENTER_CARD;
    if (sensor) return INVALID_ARGUMENT;
    *celsius = (unsigned)card_value(device, "temp", 40);
    return SUCCESS;
}
#endif

#ifndef OLD_DRIVER
struct temperature { unsigned version, sensor; int celsius; };
int nvmlDeviceGetTemperatureV(void *device, struct temperature *temperature) {
    ENTER_CARD;
    if (temperature->version != 0x100000C) return VERSION_MISMATCH;
    temperature->celsius = (int)card_value(device, "temp", 40);
    return SUCCESS;
}
#endif

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
    ENTER_CARD;
    *milliwatts = (unsigned)card_value(device, "power", 60000);
    return SUCCESS;
}

/* Without gpuN.energy the card has no counter. */
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules) {
    ENTER_CARD;
    *millijoules = card_value(device, "energy", 0);
    return *millijoules ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatts) {
    ENTER_CARD;
    *milliwatts = (unsigned)card_value(device, "limit", 350000);
    return SUCCESS;
}

struct utilisation { unsigned gpu, memory; };
int nvmlDeviceGetUtilizationRates(void *device, struct utilisation *utilisation) {
    ENTER_CARD;
    utilisation->gpu = (unsigned)card_value(device, "util", 0);
    utilisation->memory = 0;
    return SUCCESS;
}

int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) {
    char value[LONGEST];
    ENTER_CARD;
    card_text(device, "cc", "8.9", value);
    return sscanf(value, "%d.%d", major, minor) == 2 ? SUCCESS : NOT_FOUND;
}

struct process { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; };

/* Both lists are asked twice: for their length first. */
static int list_processes(void *device, const char *what, unsigned *count, struct process *out) {
    char value[LONGEST], *part, *rest = NULL;
    unsigned found = 0, room = out ? *count : 0;
    card_text(device, what, "", value);
    for (part = strtok_r(value, ",", &rest); part; part = strtok_r(NULL, ",", &rest), found++) {
        char *colon = strchr(part, ':');
        if (found >= room) continue;
        out[found].pid = (unsigned)strtoul(part, NULL, 10);
        out[found].used = colon ? strtoull(colon + 1, NULL, 10) : ~0ull;
        out[found].gpu_instance = out[found].compute_instance = ~0u;
    }
    *count = found;
    return found > room ? INSUFFICIENT_SIZE : SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct process *out) {
    ENTER_CARD;
    return list_processes(device, "processes", count, out);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned *count, struct process *out) {
    ENTER_CARD;
    return list_processes(device, "graphics", count, out);
}
