-- CreateTable
CREATE TABLE "orders" (
    "id" SERIAL NOT NULL,
    "status" TEXT NOT NULL,
    "total" INTEGER,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);
