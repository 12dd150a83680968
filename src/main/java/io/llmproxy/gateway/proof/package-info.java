/** Proofs of what the gateway promises, run in the running appliance: in a sandbox that leaves nothing behind. */
@NullMarked
package io.llmproxy.gateway.proof;

import org.jspecify.annotations.NullMarked;
