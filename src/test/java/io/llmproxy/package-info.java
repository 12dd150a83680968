/** Tests of the appliance as a whole. */
@NullMarked
package io.llmproxy;

import org.jspecify.annotations.NullMarked;
