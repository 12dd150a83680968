/** Tests of limits. */
@NullMarked
package io.llmproxy.domain.limit;

import org.jspecify.annotations.NullMarked;
