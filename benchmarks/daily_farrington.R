#!/usr/bin/env Rscript
# farringtonFlexible (R `surveillance`) on the series of `python -m benchmarks.daily --csv`, for the last 343 days.
#   Rscript benchmarks/daily_farrington.R quiet.csv out.csv
# Every day of the week is a weekly series of its own, so that days are compared with their like, as the published
# comparison did; improved settings of Noufaily et al. 2013. Written are mean and dispersion of each day's law.
suppressMessages(library(surveillance))
a <- commandArgs(TRUE)
D <- as.matrix(read.csv(a[1], header = FALSE)); con <- file(a[2], "w")
quiet <- function(e) suppressWarnings(suppressMessages(tryCatch({ capture.output(v <- e); v }, error = function(x) NULL)))
W <- 316:364
ctl <- list(range = W, b = 5, w = 3, reweight = TRUE, weightsThreshold = 2.58, trend = TRUE, pThresholdTrend = 1,
            limit54 = c(0, 4), powertrans = "2/3", alpha = 0.01, noPeriods = 10, pastWeeksNotIncluded = 26,
            thresholdMethod = "nbPlugin", glmWarnings = FALSE)
for (i in seq_len(nrow(D))) {
  y <- matrix(D[i, ], nrow = 7); mu <- matrix(NA, 7, length(W)); phi <- mu
  for (d in 1:7) if (sum(y[d, ]) > 0) {
    r <- quiet(farringtonFlexible(sts(y[d, ], start = c(2000, 1), frequency = 52), control = ctl))
    if (!is.null(r)) { mu[d, ] <- r@control$mu0Vector[, 1]; phi[d, ] <- r@control$phiVector[, 1] }
  }
  writeLines(paste(c(i, signif(as.vector(mu), 7), signif(as.vector(phi), 7)), collapse = ","), con); flush(con)
}
