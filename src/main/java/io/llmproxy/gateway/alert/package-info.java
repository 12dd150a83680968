/** Tells operators that budgets are nearly used up; beside the requests, never in their threads. */
@NullMarked
package io.llmproxy.gateway.alert;

import org.jspecify.annotations.NullMarked;
