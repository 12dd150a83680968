package io.llmproxy.adapter.telemetry;

import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Timer;

/** The meters of one set of labels, looked up once. */
record RequestMeters(
        Counter requests,
        Timer duration,
        Counter input,
        Counter output,
        Counter cachedInput,
        Counter cacheWrite,
        Counter reasoning,
        Counter cost,
        Counter unpriced) {}
