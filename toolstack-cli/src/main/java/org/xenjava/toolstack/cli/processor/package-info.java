// SPDX-License-Identifier: Apache-2.0
/** Commands about vCPUs, physical CPUs, their pools and schedulers. */
@NullMarked
package org.xenjava.toolstack.cli.processor;

import org.jspecify.annotations.NullMarked;
