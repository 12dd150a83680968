/** The stages of the pipeline: what is done to a request on its way to a provider, and to the answer on its way back. */
@NullMarked
package io.llmproxy.gateway.stage;

import org.jspecify.annotations.NullMarked;
