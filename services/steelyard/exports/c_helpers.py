"""The functions that an exported C file has if it calls them, in the order in which they need one another."""

HELPERS = {
    "maximum": """
static double maximum(double x, double y) { return x >= y || x != x ? x : y; }
""",
    "minimum": """
static double minimum(double x, double y) { return x <= y || x != x ? x : y; }
""",
    "table_row": """
/* The row of a table for a category number, which is rounded and clipped. */
static int table_row(double x, int count) { return x > 0.0 ? x < count - 1 ? (int)rint((weight)x) : count - 1 : 0; }
""",
    "sign": """
static double sign(double x) { return (x > 0.0) - (x < 0.0); }
""",
    "affine": """
/* y = x * kernel + bias */
static void affine(const double *x, int inputs, const weight *kernel, const weight *bias, int units, double *y) {
  for (int unit = 0; unit < units; unit++) y[unit] = 0.0;
  for (int i = 0; i < inputs; i++) {
    for (int unit = 0; unit < units; unit++) y[unit] += x[i] * kernel[(size_t)i * (size_t)units + (size_t)unit];
  }
  for (int unit = 0; bias != NULL && unit < units; unit++) y[unit] += bias[unit];
}
""",
    "softmax": """
/* Probabilities that add up to one. */
static void softmax(double *x, int units) {
  double most = x[0], sum = 0.0;
  for (int i = 1; i < units; i++) most = x[i] > most ? x[i] : most;
  for (int i = 0; i < units; i++) sum += x[i] = exp(x[i] - most);
  for (int i = 0; i < units; i++) x[i] /= sum;
}
""",
    "log_softmax": """
/* The logarithm of softmax. */
static void log_softmax(double *x, int units) {
  double most = x[0], sum = 0.0;
  for (int i = 1; i < units; i++) most = x[i] > most ? x[i] : most;
  for (int i = 0; i < units; i++) sum += exp(x[i] - most);
  for (int i = 0; i < units; i++) x[i] = x[i] - most - log(sum);
}
""",
    "row_normal": """
/* Layer normalization. */
static void row_normal(double *x, int units, const weight *gamma, const weight *beta, double epsilon) {
  double mean = 0.0, variance = 0.0;
  for (int i = 0; i < units; i++) mean += x[i] / units;
  for (int i = 0; i < units; i++) variance += (x[i] - mean) * (x[i] - mean) / units;
  for (int i = 0; i < units; i++) x[i] = (x[i] - mean) / sqrt(variance + epsilon) * gamma[i] + beta[i];
}
""",
    "find_place": """
typedef struct {
  const char *text;
  int place;
} known;

static int is_space(char c) { return c != '\\0' && strchr(" \\t\\n\\v\\f\\r", c) != NULL; }

/* The place of a category: of the text, or of the text without spaces around it. */
static int find_place(const char *text, const known *places, int count, int unknown) {
  if (text == NULL) text = "";
  for (int i = 0; i < count; i++) {
    if (strcmp(text, places[i].text) == 0) return places[i].place;
  }
  while (is_space(*text)) text++;
  size_t length = strlen(text);
  while (length > 0 && is_space(text[length - 1])) length--;
  for (int i = 0; i < count; i++) {
    if (strlen(places[i].text) == length && memcmp(text, places[i].text, length) == 0) return places[i].place;
  }
  return unknown;
}
""",
}
