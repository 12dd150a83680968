/** What is kept of requests and of administration for those who look later. */
@NullMarked
package io.llmproxy.gateway.audit;

import org.jspecify.annotations.NullMarked;
