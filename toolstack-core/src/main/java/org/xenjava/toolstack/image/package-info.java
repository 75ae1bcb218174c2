// SPDX-License-Identifier: Apache-2.0
/**
 * The plan of a guest's memory and CPUs at its start: kernel or firmware, start info, memory map and tables in memory,
 * the first state and the features of its vCPUs. {@link org.xenjava.toolstack.image.ImagePlan} decides all of this
 * before the first hypercall, and refuses an image that cannot boot.
 *
 * <p>The package is pure: it reads bytes through {@link org.xenjava.toolstack.image.ImageReader}, writes them through
 * {@link org.xenjava.toolstack.image.GuestMemory}, opens no file and makes no hypercall. A plan can be made and loaded
 * without Xen:
 *
 * <pre>{@code
 * PvhKernel kernel = PvhKernel.parse(ImageContent.of("kernel", elfBytes));
 * RamBounds ram = new RamBounds(GuestLayout.pvh(Pages.of(65_536)), Pages.of(65_536));
 * ImagePlan plan = PvhImagePlan.of(kernel, Optional.empty(), "console=hvc0", 2, ram);
 * plan.items().forEach(item -> System.out.println(item.what() + " at " + item.address()));
 * plan.loadInto(memory);
 * }</pre>
 */
@NullMarked
package org.xenjava.toolstack.image;

import org.jspecify.annotations.NullMarked;
