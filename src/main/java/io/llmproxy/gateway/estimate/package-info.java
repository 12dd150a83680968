/** Token counts for answers that did not tell their own. */
@NullMarked
package io.llmproxy.gateway.estimate;

import org.jspecify.annotations.NullMarked;
