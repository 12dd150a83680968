/** Counters of limits that several processes share, in Redis (docs/adr/012). */
@NullMarked
package io.llmproxy.adapter.redis;

import org.jspecify.annotations.NullMarked;
