/** The load generator and its paced upstream: plain sockets and two threads, so that it takes little from what it measures. */
@NullMarked
package io.llmproxy.bench;

import org.jspecify.annotations.NullMarked;
