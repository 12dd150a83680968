/** Tests of usage, prices and costs. */
@NullMarked
package io.llmproxy.domain.usage;

import org.jspecify.annotations.NullMarked;
